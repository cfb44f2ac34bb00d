import type { Scene } from './scene.ts'

/** A step of the play, and the time before the next in milliseconds. */
type Step = readonly [act: (scene: Scene) => void, pause: number]

const ada = (text: string): Step => [(scene) => void scene.ada.say(text), 1_300]
const ben = (text: string): Step => [(scene) => void scene.ben.say(text), 1_300]

const steps: readonly Step[] = [
  ada('Train leaves at nine'),
  ben('On my way'),
  ada('Platform 4'),
  [({ ben }) => ben.setCut(true), 1_500],
  ada('Now it is platform 7'),
  ada('Coach B'),
  ben('In a tunnel, saving you a seat'),
  ada('Seats 61 and 62'),
  ada('I have coffee'),
  [({ ben }) => ben.setCut(false), 4_000],
  ben('All of it came through'),
  ada('In order, too'),
]

/** Plays the scene until it is stopped. Returns the stop. */
export function play(scene: Scene): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const act = (index: number): void => {
    const [run, pause] = steps[index % steps.length] as Step
    run(scene)
    timer = setTimeout(act, pause, index + 1)
  }
  timer = setTimeout(act, 600, 0)
  return () => clearTimeout(timer)
}
