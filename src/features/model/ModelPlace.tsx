export function ModelPlace() {
  return <h1>Model</h1>
}
