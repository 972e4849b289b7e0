// Where the containers run, and the share on which a Redis of our own keeps its data.

param name string
param unique string
param location string
param tags object
param workspaceName string
param keepsRedis bool

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

resource environment 'Microsoft.App/managedEnvironments@2026-01-01' = {
  name: '${name}-environment'
  location: location
  tags: tags
  properties: {
    appLogsConfiguration: {
      destination: 'log-analytics'
      logAnalyticsConfiguration: {
        customerId: workspace.properties.customerId
        sharedKey: workspace.listKeys().primarySharedKey
      }
    }
    workloadProfiles: [{ name: 'Consumption', workloadProfileType: 'Consumption' }]
  }
}

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = if (keepsRedis) {
  name: '${replace(name, '-', '')}${unique}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    allowBlobPublicAccess: false
  }

  resource files 'fileServices' = {
    name: 'default'

    resource share 'shares' = {
      name: 'redis'
      properties: { shareQuota: 5 }
    }
  }
}

resource storage 'Microsoft.App/managedEnvironments/storages@2026-01-01' = if (keepsRedis) {
  parent: environment
  name: 'redis'
  properties: {
    azureFile: {
      accountName: account.name
      #disable-next-line BCP422 // Both are there, or neither is.
      accountKey: account.listKeys().keys[0].value
      shareName: account::files::share.name
      accessMode: 'ReadWrite'
    }
  }
}

output environmentId string = environment.id
output domain string = environment.properties.defaultDomain
output storageName string = keepsRedis ? storage.name : ''
