import DefaultTheme from 'vitepress/theme'
import { h } from 'vue'
import LiveDemo from './demo/LiveDemo.vue'
import GuideList from './GuideList.vue'
import './style.css'
import 'virtual:diagrams.css'

export default {
  extends: DefaultTheme,
  Layout: () =>
    h(DefaultTheme.Layout, null, { 'home-hero-after': () => h(LiveDemo, { class: 'home-demo' }) }),
  enhanceApp({ app }) {
    app.component('GuideList', GuideList)
  },
}
