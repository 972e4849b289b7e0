// All of cody2zoho in one resource group: `cody2zoho azure deploy` fills in the parameters and calls `az` with this.
// It may be deployed again at any time; what is as it should be stays as it is.

targetScope = 'resourceGroup'

@description('What every resource is called by, and tagged with.')
@minLength(3)
@maxLength(15)
param name string = 'cody2zoho'

@description('Makes names unique that all the world shares.')
@minLength(4)
@maxLength(8)
param unique string = take(uniqueString(resourceGroup().id), 8)

param location string = resourceGroup().location

@description('Image with its tag. Empty = all but the apps, so that there is a registry to build it in.')
param image string = ''

@description('Whether the image lies in a registry of our own.')
param ownRegistry bool = false

@description('Settings that are no secrets, as name and value.')
param settings array = []

@description('Settings that stand in the vault: `setting`, and `secret`, which is its name there.')
param secretSettings array = []

@description('Secrets to write now: name and digest. Others stay as they are, and so do their versions.')
param changedSecrets array = []

@description('Their values, by name.')
@secure()
param secretValues object = {}

@description('Stands for all secrets. Another one makes new revisions, which read the secrets anew.')
param secretsStamp string = ''

@description('Whether the vault has a case file.')
param hasCaseFile bool = false

@description('managed = Azure Managed Redis, cache = Azure Cache for Redis (not in new tenants), container = our own, none = elsewhere.')
@allowed(['managed', 'cache', 'container', 'none'])
param redisKind string = 'managed'

@description('Size, such as Balanced_B0 or C0.')
param redisSku string = ''

@description('Whether Redis was not there before: its addresses go into the vault.')
param redisIsNew bool = true

@description('Whether Redis speaks TLS.')
param redisTls bool = redisKind != 'container'

@description('Whether KEDA can look at Redis. It stands outside the environment, and does not reach a container inside.')
param kedaReachesRedis bool = redisKind != 'container'

@description('What every key begins with; KEDA looks at the queue below it.')
param redisKeyPrefix string = '{cody2zoho}:'

@description('More would only wait for their turn: calls to Zoho at a time, by conversations a worker works on at once.')
@minValue(1)
param maxWorkers int = 1

@description('Conversations a worker works on at once.')
param workerConcurrency int = 10

@description('Who may open Flower and the status page, as addresses or ranges. Empty = nobody outside the environment.')
param allowedRanges array = []

@description('Who deploys, and may read the vault. Empty = nobody else may.')
param deployer string = ''

@description('What is User for a person and ServicePrincipal for a pipeline.')
param deployerType string = 'User'

@description('Who gets mail from Azure itself.')
param alertEmails array = []

@description('Settings that the rules compare, by name.')
param thresholds object = { ALERT_POLL_MINUTES: 15, ALERT_ERROR_THRESHOLD: 10, ALERT_DISCREPANCY_PERCENT: 10 }

var tags = { application: 'cody2zoho', installation: name }

// Letters and digits only.
var registryName = '${replace(name, '-', '')}${unique}'

module insights 'modules/insights.bicep' = {
  name: '${name}-insights'
  params: { name: name, location: location, tags: tags }
}

module vault 'modules/vault.bicep' = {
  name: '${name}-vault'
  params: {
    name: name
    unique: unique
    location: location
    tags: tags
    deployer: deployer
    deployerType: deployerType
    changedSecrets: changedSecrets
    secretValues: secretValues
  }
}

module registry 'modules/registry.bicep' = if (ownRegistry) {
  name: '${name}-registry'
  params: {
    name: registryName
    location: location
    tags: tags
    principalId: vault.outputs.principalId
  }
}

module environment 'modules/environment.bicep' = {
  name: '${name}-environment'
  params: {
    name: name
    unique: unique
    location: location
    tags: tags
    workspaceName: insights.outputs.workspaceName
    keepsRedis: redisKind == 'container'
  }
}

module redisManaged 'modules/redis-managed.bicep' = if (redisKind == 'managed') {
  name: '${name}-redis-managed'
  params: {
    name: '${name}-redis-${unique}'
    location: location
    tags: tags
    sku: empty(redisSku) ? 'Balanced_B0' : redisSku
    vaultName: vault.outputs.vaultName
    writesSecrets: redisIsNew
  }
}

module redisCache 'modules/redis-cache.bicep' = if (redisKind == 'cache') {
  name: '${name}-redis-cache'
  params: {
    name: '${name}-redis-${unique}'
    location: location
    tags: tags
    sku: empty(redisSku) ? 'C0' : redisSku
    vaultName: vault.outputs.vaultName
    writesSecrets: redisIsNew
  }
}

module redisContainer 'modules/redis-container.bicep' = if (redisKind == 'container') {
  name: '${name}-redis-container'
  params: {
    name: '${name}-redis'
    location: location
    tags: tags
    environmentId: environment.outputs.environmentId
    identityId: vault.outputs.identityId
    vaultUri: vault.outputs.vaultUri
    storageName: environment.outputs.storageName
  }
}

module apps 'modules/apps.bicep' = if (!empty(image)) {
  name: '${name}-apps'
  params: {
    name: name
    location: location
    tags: tags
    image: image
    registryServer: ownRegistry ? '${registryName}.azurecr.io' : ''
    environmentId: environment.outputs.environmentId
    identityId: vault.outputs.identityId
    clientId: vault.outputs.clientId
    vaultUri: vault.outputs.vaultUri
    insightsConnection: insights.outputs.connectionString
    settings: settings
    secretSettings: secretSettings
    secretsStamp: secretsStamp
    hasCaseFile: hasCaseFile
    redisTls: redisTls
    kedaReachesRedis: kedaReachesRedis
    redisKeyPrefix: redisKeyPrefix
    maxWorkers: maxWorkers
    workerConcurrency: workerConcurrency
    allowedRanges: allowedRanges
  }
  // What they read in the vault is written there by whatever Redis there is.
  dependsOn: [registry, redisManaged, redisCache, redisContainer]
}

module alerts 'modules/alerts.bicep' = {
  name: '${name}-alerts'
  params: {
    name: name
    location: location
    tags: tags
    insightsId: insights.outputs.insightsId
    emails: alertEmails
    thresholds: thresholds
  }
}

module dashboard 'modules/dashboard.bicep' = {
  name: '${name}-dashboard'
  params: { name: name, location: location, tags: tags, insightsId: insights.outputs.insightsId }
}

output vault string = vault.outputs.vaultName
output workspace string = insights.outputs.workspaceName
output insights string = insights.outputs.insightsName
output domain string = environment.outputs.domain
output registry string = ownRegistry ? registryName : ''
