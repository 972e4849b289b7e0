// Secrets, who may read them, and what they are now.

param name string
param unique string
param location string
param tags object
param deployer string
param deployerType string
param changedSecrets array

@secure()
param secretValues object

var mayRead = '4633458b-17de-408a-b874-0445c86b69e6' // Key Vault Secrets User
var mayWrite = 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7' // Key Vault Secrets Officer

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${name}-identity'
  location: location
  tags: tags
}

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' = {
  name: '${name}-${unique}'
  location: location
  tags: tags
  properties: {
    tenantId: subscription().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 30
    publicNetworkAccess: 'Enabled'
  }
}

resource reader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, identity.id, mayRead)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', mayRead)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource writer 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deployer)) {
  name: guid(vault.id, deployer, mayWrite)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', mayWrite)
    principalId: deployer
    principalType: deployerType
  }
}

// By the digest the next deployment knows what has changed, without reading any secret.
resource secrets 'Microsoft.KeyVault/vaults/secrets@2026-02-01' = [for one in changedSecrets: {
  parent: vault
  name: one.name
  tags: { digest: one.digest }
  properties: { value: secretValues[one.name], contentType: 'text/plain' }
}]

output vaultName string = vault.name
output vaultUri string = vault.properties.vaultUri
output identityId string = identity.id
output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
