// contract.ts, shared by server and page
export interface Chat {
  events: {
    say: { text: string } // a message: the hub keeps it in the log of its address
    typing: boolean // a cast: never kept
  }
  calls: { roll: { input: { sides: number }; output: number } }
}
