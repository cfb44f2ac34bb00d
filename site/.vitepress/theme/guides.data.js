import { pageGroups } from '../../sidebar.mjs'

export default {
  watch: ['../../pages.mjs'],
  load: pageGroups,
}
