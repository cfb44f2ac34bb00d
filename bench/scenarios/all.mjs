/** The scenarios with servers, in the order of the report. */
export const scenarioNames = [
  'round-trip',
  'broadcast',
  'burst-10',
  'burst-50',
  'fixed-rate',
  'point-to-point',
  'request-answer',
  'accept',
  'idle-memory',
  'resume-storm',
  'addresses',
  'connections',
  'log-length',
  'idle-cpu',
]

/** Imports a scenario by its name. */
export const importScenario = (name) => import(`./${name}.scenario.mjs`)
