// One container app.

param name string

@description('What all apps have in common: location, tags, image, registryServer, environmentId, identityId.')
param shared object

param vaultSecrets array
@secure()
param insightsConnection string
param environment array
param hasCaseFile bool
param command array
param cpu string
param memory string
param probes array
param minReplicas int
param maxReplicas int
param scaleRules array = []

@description('Null = nobody can ask it anything.')
param ingress object?

var caseFile = {
  name: 'cases'
  storageType: 'Secret'
  secrets: [{ secretRef: 'cases-file', path: 'cody2zoho.toml' }]
}

resource app 'Microsoft.App/containerApps@2026-01-01' = {
  name: name
  location: shared.location
  tags: shared.tags
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${shared.identityId}': {} } }
  properties: {
    environmentId: shared.environmentId
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      maxInactiveRevisions: 10
      ingress: ingress
      registries: empty(shared.registryServer) ? [] : [{ server: shared.registryServer, identity: shared.identityId }]
      secrets: concat(vaultSecrets, [{ name: 'applicationinsights-connection-string', value: insightsConnection }])
    }
    template: {
      containers: [
        {
          name: last(split(name, '-'))
          image: shared.image
          command: command
          env: environment
          resources: { cpu: json(cpu), memory: memory }
          probes: probes
          volumeMounts: hasCaseFile ? [{ volumeName: 'cases', mountPath: '/etc/cody2zoho' }] : []
        }
      ]
      scale: { minReplicas: minReplicas, maxReplicas: maxReplicas, rules: scaleRules }
      // A worker told to stop begins no request after 15 seconds, and one may take HTTP_READ_TIMEOUT_SECONDS (30).
      terminationGracePeriodSeconds: 60
      volumes: hasCaseFile ? [caseFile] : []
    }
  }
}
