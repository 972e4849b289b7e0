// What Azure tells by itself, from what the workers sent: by the names and thresholds of docs/alerts.md.
//
// Of the alerts of cody2zoho those that also tell when its own channels are silent are reckoned here; all others are taken
// from what it raised. 0 is critical, 1 high, 2 medium, 3 low.

param name string
param location string
param tags object
param insightsId string
param emails array
param thresholds object

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(emails)) {
  name: '${name}-people'
  location: 'Global'
  tags: tags
  properties: {
    groupShortName: take(name, 12)
    enabled: true
    emailReceivers: [for (one, i) in emails: { name: 'mail-${i}', emailAddress: one, useCommonAlertSchema: true }]
  }
}

// `query` finds what is wrong, a row for each; without rows all is well. `isMissed` turns that round.
var rules = [
  {
    alert: 'ticks'
    severity: 0
    isMissed: true
    query: loadTextContent('../alerts/ticks.kql')
    sentence: 'Nobody works: no worker has told anything for a quarter of an hour. Start worker and beat; nothing is lost meanwhile.'
  }
  {
    alert: 'polls'
    severity: 1
    isMissed: true
    query: loadTextContent('../alerts/polls.kql')
    sentence: 'No poll has read every bot\'s list within ALERT_POLL_MINUTES. Look for poll_failed, and whether worker and beat run.'
  }
  {
    alert: 'token'
    severity: 1
    isMissed: true
    query: loadTextContent('../alerts/token.kql')
    sentence: 'The access token of Zoho was not renewed in time. Look for token_refresh_failed, and whether worker and beat run.'
  }
  {
    alert: 'error_rate'
    severity: 1
    isMissed: false
    query: loadTextContent('../alerts/error_rate.kql')
    sentence: 'More than ALERT_ERROR_THRESHOLD percent failed in 24 hours. reason of case_postponed and poll_failed names the cause.'
  }
  {
    alert: 'parked'
    severity: 2
    isMissed: false
    query: loadTextContent('../alerts/parked.kql')
    sentence: 'Some conversations wait for a person. `cody2zoho parked` shows the causes; mend them, then `cody2zoho retry --all`.'
  }
  {
    alert: 'discrepancy'
    severity: 2
    isMissed: false
    query: loadTextContent('../alerts/discrepancy.kql')
    sentence: 'Zoho and the ledger differ by more than ALERT_DISCREPANCY_PERCENT. Run `cody2zoho reconcile`.'
  }
  {
    alert: 'raised-critical'
    severity: 0
    isMissed: false
    query: replace(loadTextContent('../alerts/raised.kql'), 'URGENCY', 'critical')
    sentence: 'cody2zoho has raised a critical alert. `cody2zoho alerts` says what is wrong and how to mend it.'
  }
  {
    alert: 'raised-high'
    severity: 1
    isMissed: false
    query: replace(loadTextContent('../alerts/raised.kql'), 'URGENCY', 'high')
    sentence: 'cody2zoho has raised an alert of level high. `cody2zoho alerts` says what is wrong and how to mend it.'
  }
]

var percents = { e: string(thresholds.ALERT_ERROR_THRESHOLD), d: string(thresholds.ALERT_DISCREPANCY_PERCENT) }

resource queries 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for rule in rules: {
  name: '${name}-${rule.alert}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: '${name}: ${rule.alert}'
    description: rule.sentence
    enabled: true
    severity: rule.severity
    scopes: [insightsId]
    evaluationFrequency: 'PT5M'
    // Each query says itself how far back it looks.
    windowSize: 'P1D'
    autoMitigate: true
    // The tables are empty before the first worker has run, and then the query could not be checked.
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: replace(replace(replace(rule.query, 'ALERT_POLL_MINUTES', string(thresholds.ALERT_POLL_MINUTES)), 'ALERT_ERROR_THRESHOLD', percents.e), 'ALERT_DISCREPANCY_PERCENT', percents.d)
          timeAggregation: 'Count'
          operator: rule.isMissed ? 'LessThan' : 'GreaterThan'
          threshold: rule.isMissed ? 1 : 0
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: empty(emails) ? [] : [people.id] }
  }
}]
