// "npm run build" copies the page of the other examples to public/; /about is a React page.
export default {
  rewrites: async () => [{ source: '/', destination: '/index.html' }],
}
