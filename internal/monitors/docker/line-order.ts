/** The order of lines that buffers fill side by side: shared by the outputs of a container. */
export class LineOrder {
  /** The place of the next line that becomes whole. */
  next = 0;
  /** Lines that are being put together. */
  open = 0;
  /** The last place of a line that is done with. */
  done = -1;
}
