export function StartPlace() {
  return <h1>Start</h1>
}
