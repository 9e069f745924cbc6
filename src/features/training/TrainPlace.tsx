export function TrainPlace() {
  return <h1>Train</h1>
}
