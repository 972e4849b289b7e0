// A Redis of our own: the cheapest, with one server, and a minute's loss where it is killed.

param name string
param location string
param tags object
param environmentId string
param identityId string
param vaultUri string
param storageName string

resource redis 'Microsoft.App/containerApps@2026-01-01' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    environmentId: environmentId
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: { external: false, transport: 'tcp', targetPort: 6379, exposedPort: 6379 }
      secrets: [{ name: 'redis-password', keyVaultUrl: '${vaultUri}secrets/redis-password', identity: identityId }]
    }
    template: {
      containers: [
        {
          name: 'redis'
          image: 'docker.io/library/redis:7.4-alpine'
          command: ['sh', '-c']
          // Azure starts the next one before it ends this one. Both would write one append-only file and break it;
          // of two snapshots the later one stands, and the ledger notices that it went back.
          args: ['exec redis-server --requirepass "$REDIS_PASSWORD" --dir /data --appendonly no --save 60 1 --maxmemory 384mb --maxmemory-policy noeviction']
          env: [{ name: 'REDIS_PASSWORD', secretRef: 'redis-password' }]
          resources: { cpu: json('0.5'), memory: '1Gi' }
          volumeMounts: [{ volumeName: 'data', mountPath: '/data' }]
          probes: [
            { type: 'Liveness', tcpSocket: { port: 6379 }, periodSeconds: 10, failureThreshold: 3 }
            { type: 'Readiness', tcpSocket: { port: 6379 }, periodSeconds: 5, failureThreshold: 3 }
          ]
        }
      ]
      scale: { minReplicas: 1, maxReplicas: 1 }
      terminationGracePeriodSeconds: 60
      volumes: [{ name: 'data', storageType: 'AzureFile', storageName: storageName }]
    }
  }
}
