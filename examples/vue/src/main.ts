import { createApp } from 'vue'
import App from './App.vue'
import { chatPlugin, client } from './chat.ts'
import './style.css'

createApp(App).use(chatPlugin(client)).mount('#app')
