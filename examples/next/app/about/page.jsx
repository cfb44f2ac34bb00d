export default function About() {
  return (
    <main>
      <h1>A chat on Next.js</h1>
      <a href="/">Enter</a>
    </main>
  )
}
