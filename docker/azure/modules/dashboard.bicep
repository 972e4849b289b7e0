// The workbook, with the story of the Grafana dashboard in docker/monitoring, and each query by itself, to be opened and
// changed. Which file a query stands in, what it is called, and how it is drawn in the workbook.

param name string
param location string
param tags object
param insightsId string

var story = [
  { id: 'state_now', title: 'How it stands', drawn: 'table', query: loadTextContent('../queries/state_now.kql') }
  { id: 'alerts_raised', title: 'Raised alerts', drawn: 'table', query: loadTextContent('../queries/alerts_raised.kql') }
  { id: 'cases_created', title: 'Cases made, an hour', drawn: 'timechart', query: loadTextContent('../queries/cases_created.kql') }
  { id: 'states', title: 'Open conversations', drawn: 'timechart', query: loadTextContent('../queries/states.kql') }
  { id: 'conversations_and_cases', title: 'Conversations and cases since the first start', drawn: 'timechart', query: loadTextContent('../queries/conversations_and_cases.kql') }
  { id: 'latest_cases', title: 'The latest cases', drawn: 'table', query: loadTextContent('../queries/latest_cases.kql') }
]

var soon = [
  { id: 'case_delay', title: 'Seconds from quiet to case', drawn: 'timechart', query: loadTextContent('../queries/case_delay.kql') }
  { id: 'processing_time', title: 'Seconds of one attempt', drawn: 'timechart', query: loadTextContent('../queries/processing_time.kql') }
]

var obstacles = [
  { id: 'outcomes', title: 'What attempts came to, an hour', drawn: 'timechart', query: loadTextContent('../queries/outcomes.kql') }
  { id: 'parked_reasons', title: 'Parked, by reason', drawn: 'table', query: loadTextContent('../queries/parked_reasons.kql') }
  { id: 'postponed_reasons', title: 'Postponed, by reason', drawn: 'table', query: loadTextContent('../queries/postponed_reasons.kql') }
  { id: 'without_a_case', title: 'Ended without a case, an hour', drawn: 'table', query: loadTextContent('../queries/without_a_case.kql') }
  { id: 'exceptions', title: 'Errors nobody foresaw', drawn: 'table', query: loadTextContent('../queries/exceptions.kql') }
]

var apis = [
  { id: 'requests', title: 'Requests, an hour', drawn: 'timechart', query: loadTextContent('../queries/requests.kql') }
  { id: 'request_errors', title: 'Requests that failed', drawn: 'table', query: loadTextContent('../queries/request_errors.kql') }
  { id: 'api_duration', title: 'Seconds a request takes', drawn: 'timechart', query: loadTextContent('../queries/api_duration.kql') }
  { id: 'rate_limits', title: 'Pauses asked for', drawn: 'table', query: loadTextContent('../queries/rate_limits.kql') }
  { id: 'token_refreshes', title: 'Access tokens asked for', drawn: 'table', query: loadTextContent('../queries/token_refreshes.kql') }
]

var crew = [
  { id: 'workers', title: 'Workers, the last hour', drawn: 'table', query: loadTextContent('../queries/workers.kql') }
  { id: 'polling_frequency', title: 'Polls, an hour', drawn: 'timechart', query: loadTextContent('../queries/polling_frequency.kql') }
  { id: 'reconciled', title: 'Ledger against Zoho, each night', drawn: 'table', query: loadTextContent('../queries/reconciled.kql') }
]

// Not in the workbook.
var others = [
  { id: 'conversation_to_case_ratio', title: 'Percent of the conversations that became cases', drawn: '', query: loadTextContent('../queries/conversation_to_case_ratio.kql') }
  { id: 'efficiency_by_hour', title: 'Conversations, cases and percent, hour by hour', drawn: '', query: loadTextContent('../queries/efficiency_by_hour.kql') }
  { id: 'efficiency_now', title: 'The latest totals', drawn: '', query: loadTextContent('../queries/efficiency_now.kql') }
  { id: 'events', title: 'What was told in the last hour', drawn: '', query: loadTextContent('../queries/events.kql') }
  { id: 'life_of_a_conversation', title: 'All that was told of one conversation', drawn: '', query: loadTextContent('../queries/life_of_a_conversation.kql') }
]

var sections = [
  { title: 'Does every chat become a case?', panels: story }
  { title: 'How soon?', panels: soon }
  { title: 'What keeps them?', panels: obstacles }
  { title: 'Cody and Zoho', panels: apis }
  { title: 'Is everybody there?', panels: crew }
]

var range = {
  type: 9
  name: 'range'
  content: {
    version: 'KqlParameterItem/1.0'
    style: 'pills'
    queryType: 0
    resourceType: 'microsoft.insights/components'
    parameters: [
      {
        id: guid(name, 'range')
        version: 'KqlParameterItem/1.0'
        name: 'TimeRange'
        label: 'Time range'
        type: 4
        isRequired: true
        value: { durationMs: 86400000 }
        typeSettings: {
          selectableValues: [{ durationMs: 3600000 }, { durationMs: 86400000 }, { durationMs: 604800000 }, { durationMs: 2592000000 }]
          allowCustom: true
        }
      }
    ]
  }
}

// A heading and its panels, section by section.
var items = flatten(map(sections, section => concat(
  [{ type: 1, name: section.title, content: { json: '## ${section.title}' } }],
  map(section.panels, panel => {
    type: 3
    name: panel.id
    customWidth: '50'
    content: {
      version: 'KqlItem/1.0'
      title: panel.title
      query: panel.query
      size: 0
      queryType: 0
      resourceType: 'microsoft.insights/components'
      visualization: panel.drawn
      timeContextFromParameter: 'TimeRange'
    }
  })
)))

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(insightsId, name, 'workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: name
    category: 'workbook'
    sourceId: insightsId
    serializedData: string({ version: 'Notebook/1.0', items: concat([range], items), fallbackResourceIds: [insightsId] })
  }
}

resource pack 'Microsoft.OperationalInsights/queryPacks@2025-07-01' = {
  name: '${name}-queries'
  location: location
  tags: tags
  properties: {}
}

resource saved 'Microsoft.OperationalInsights/queryPacks/queries@2025-07-01' = [for one in concat(story, soon, obstacles, apis, crew, others): {
  parent: pack
  name: guid(pack.id, one.id)
  properties: {
    displayName: '${name}: ${one.title}'
    body: one.query
    related: { resourceTypes: ['microsoft.insights/components'] }
  }
}]
