import { ensureInstalled } from '../../../../tooling/installed.mjs'

/** Installs React 18 before its tests. */
export default function setup() {
  ensureInstalled('react-18')
}
