// Azure Cache for Redis, for tenants that have one: Azure makes no new ones elsewhere, and retires it in 2028.

param name string
param location string
param tags object
@description('Family and capacity, such as C0.')
param sku string
param vaultName string
param writesSecrets bool

var family = take(sku, 1)

resource redis 'Microsoft.Cache/redis@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    sku: {
      // Standard has a second server; the smallest is for trying.
      name: family == 'P' ? 'Premium' : sku == 'C0' ? 'Basic' : 'Standard'
      family: family
      capacity: int(skip(sku, 1))
    }
    enableNonSslPort: false
    minimumTlsVersion: '1.2'
    redisConfiguration: { 'maxmemory-policy': 'noeviction' }
  }
}

module secrets 'redis-secrets.bicep' = if (writesSecrets) {
  name: '${name}-secrets'
  params: {
    vaultName: vaultName
    host: redis.properties.hostName
    port: 6380
    password: redis.listKeys().primaryKey
  }
}
