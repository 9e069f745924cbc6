export function SharePlace() {
  return <h1>Share</h1>
}
