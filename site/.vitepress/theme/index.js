import DefaultTheme from 'vitepress/theme'
import './style.css'
import 'virtual:diagrams.css'

export default DefaultTheme
