// The page of the other examples is in public/, where "npm run build" puts it; /about is a page of React's.
export default {
  rewrites: async () => [{ source: '/', destination: '/index.html' }],
}
