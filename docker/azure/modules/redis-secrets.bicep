// Where Redis is: one address for the product, and its parts for KEDA.

param vaultName string
param host string
param port int

@secure()
param password string

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' existing = {
  name: vaultName
}

resource url 'Microsoft.KeyVault/vaults/secrets@2026-02-01' = {
  parent: vault
  name: 'redis-url'
  properties: {
    value: 'rediss://:${uriComponent(password)}@${host}:${port}/0?ssl_cert_reqs=required'
    contentType: 'text/plain'
  }
}

resource address 'Microsoft.KeyVault/vaults/secrets@2026-02-01' = {
  parent: vault
  name: 'redis-address'
  properties: { value: '${host}:${port}', contentType: 'text/plain' }
}

resource key 'Microsoft.KeyVault/vaults/secrets@2026-02-01' = {
  parent: vault
  name: 'redis-password'
  properties: { value: password, contentType: 'text/plain' }
}
