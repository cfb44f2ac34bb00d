// "npm run build" copies the page of the other examples to public/; /lobby and /about are React pages.
export default {
  rewrites: async () => [{ source: '/', destination: '/index.html' }],
}
