import express from 'express'

const port = Number(process.env.PORT ?? 3000)
const app = express()
app.get('/', (_request, response) => {
  response.type('text').send('@chat express example\n')
})
app.listen(port, () => console.log(`http://localhost:${port}`))
