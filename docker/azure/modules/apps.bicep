// Worker, beat, Flower and the operations API: one image, four commands.

param name string
param location string
param tags object
param image string
param registryServer string
param environmentId string
param identityId string
param clientId string
param vaultUri string
@secure()
param insightsConnection string
param settings array
param secretSettings array
param secretsStamp string
param hasCaseFile bool
param redisTls bool
param kedaReachesRedis bool
param redisKeyPrefix string
param maxWorkers int
param workerConcurrency int
param allowedRanges array

var vaultSecrets = [for one in concat(map(secretSettings, each => each.secret), ['redis-address', 'redis-password'], hasCaseFile ? ['cases-file'] : []): {
  name: one
  keyVaultUrl: '${vaultUri}secrets/${one}'
  identity: identityId
}]

var fromVault = [for one in secretSettings: { name: one.setting, secretRef: one.secret }]

// What .env says about the machine it lies on does not hold here.
var ownSettings = [
  { name: 'STATE_DIR', value: '/var/lib/cody2zoho' }
  { name: 'LOG_FORMAT', value: 'json' }
  { name: 'ENABLE_APPLICATION_INSIGHTS', value: 'true' }
  { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', secretRef: 'applicationinsights-connection-string' }
  // Azure's libraries find no identity that was assigned by a person unless they are told which.
  { name: 'AZURE_CLIENT_ID', value: clientId }
  { name: 'SECRETS_STAMP', value: secretsStamp }
]

var caseFile = hasCaseFile ? [{ name: 'CASES_FILE', value: '/etc/cody2zoho/cody2zoho.toml' }] : []

// What all four are made of.
var shared = {
  location: location
  tags: tags
  image: image
  registryServer: registryServer
  environmentId: environmentId
  identityId: identityId
}

var environment = concat(settings, fromVault, ownSettings, caseFile)

var allowed = [for (one, i) in allowedRanges: { name: 'allowed-${i}', ipAddressRange: one, action: 'Allow' }]

// Ready is what worked within a minute; dead is what did not for five, for a worker without Redis waits, and gains
// nothing from a restart.
var heartbeat = [
  { type: 'Readiness', httpGet: { path: '/health/readiness', port: 8081 }, periodSeconds: 10, failureThreshold: 6 }
  { type: 'Liveness', httpGet: { path: '/health/liveness', port: 8081 }, periodSeconds: 30, failureThreshold: 3 }
]

var byQueue = {
  name: 'cases'
  custom: {
    type: 'redis'
    metadata: {
      listName: '${redisKeyPrefix}cases'
      // A worker more for each worker's fill that waits.
      listLength: string(workerConcurrency)
      databaseIndex: '0'
      enableTLS: redisTls ? 'true' : 'false'
    }
    auth: [
      { secretRef: 'redis-address', triggerParameter: 'address' }
      { secretRef: 'redis-password', triggerParameter: 'password' }
    ]
  }
}

module worker 'app.bicep' = {
  name: '${name}-worker'
  params: {
    name: '${name}-worker'
    shared: shared
    vaultSecrets: vaultSecrets
    insightsConnection: insightsConnection
    environment: environment
    hasCaseFile: hasCaseFile
    command: ['cody2zoho-probed', 'worker']
    cpu: '0.5'
    memory: '1Gi'
    probes: heartbeat
    // Never 0: beat's ticks need a worker every two seconds. KEDA sees what waits in the queue and not what is being
    // worked on, so a worker may be told to stop in the midst of it: it hands back what it cannot finish.
    minReplicas: kedaReachesRedis ? 1 : maxWorkers
    maxReplicas: maxWorkers
    scaleRules: kedaReachesRedis ? [byQueue] : []
  }
}

module beat 'app.bicep' = {
  name: '${name}-beat'
  params: {
    name: '${name}-beat'
    shared: shared
    vaultSecrets: vaultSecrets
    insightsConnection: insightsConnection
    environment: environment
    hasCaseFile: hasCaseFile
    command: ['cody2zoho-probed', 'beat']
    cpu: '0.25'
    memory: '0.5Gi'
    probes: heartbeat
    minReplicas: 1
    maxReplicas: 1
  }
}

module flower 'app.bicep' = {
  name: '${name}-flower'
  params: {
    name: '${name}-flower'
    shared: shared
    vaultSecrets: vaultSecrets
    insightsConnection: insightsConnection
    environment: concat(environment, [
      { name: 'FLOWER_ADDRESS', value: '0.0.0.0' }
      { name: 'FLOWER_PORT', value: '5555' }
    ])
    hasCaseFile: hasCaseFile
    command: ['cody2zoho-flower']
    cpu: '0.25'
    memory: '0.5Gi'
    probes: [
      { type: 'Startup', httpGet: { path: '/healthcheck', port: 5555 }, periodSeconds: 10, failureThreshold: 10 }
      { type: 'Liveness', httpGet: { path: '/healthcheck', port: 5555 }, periodSeconds: 30, failureThreshold: 3 }
    ]
    minReplicas: 1
    maxReplicas: 1
    ingress: { external: !empty(allowedRanges), targetPort: 5555, transport: 'auto', allowInsecure: false, ipSecurityRestrictions: allowed }
  }
}

module ops 'app.bicep' = {
  name: '${name}-ops'
  params: {
    name: '${name}-ops'
    shared: shared
    vaultSecrets: vaultSecrets
    insightsConnection: insightsConnection
    environment: concat(environment, [{ name: 'PORT', value: '8080' }])
    hasCaseFile: hasCaseFile
    command: ['cody2zoho-ops']
    cpu: '0.25'
    memory: '0.5Gi'
    // Liveness, not health: a restart of this one mends nothing elsewhere.
    probes: [
      { type: 'Startup', httpGet: { path: '/health/liveness', port: 8080 }, periodSeconds: 10, failureThreshold: 10 }
      { type: 'Liveness', httpGet: { path: '/health/liveness', port: 8080 }, periodSeconds: 30, failureThreshold: 3 }
    ]
    minReplicas: 1
    maxReplicas: 1
    ingress: { external: !empty(allowedRanges), targetPort: 8080, transport: 'auto', allowInsecure: false, ipSecurityRestrictions: allowed }
  }
}
