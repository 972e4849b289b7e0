// Azure Managed Redis. One shard: Celery asks for several keys in one command, which shards refuse.

param name string
param location string
param tags object
param sku string
param vaultName string
param writesSecrets bool

resource redis 'Microsoft.Cache/redisEnterprise@2025-07-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: sku }
  properties: {
    minimumTlsVersion: '1.2'
    highAvailability: 'Enabled'
    publicNetworkAccess: 'Enabled'
  }
}

resource database 'Microsoft.Cache/redisEnterprise/databases@2025-07-01' = {
  parent: redis
  name: 'default'
  properties: {
    clientProtocol: 'Encrypted'
    port: 10000
    clusteringPolicy: 'NoCluster'
    // Full, it refuses new work, and evicts nothing that is known.
    evictionPolicy: 'NoEviction'
    accessKeysAuthentication: 'Enabled'
    persistence: { aofEnabled: true, aofFrequency: '1s' }
  }
}

module secrets 'redis-secrets.bicep' = if (writesSecrets) {
  name: '${name}-secrets'
  params: {
    vaultName: vaultName
    host: redis.properties.hostName
    port: 10000
    password: database.listKeys().primaryKey
  }
}
