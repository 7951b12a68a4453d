import type { Failure } from '../../../pkg/types/outcome.ts';
import type { Stream } from '../../../pkg/types/stream.ts';
import { LabelTemplate } from '../label-template.ts';
import { keyHash } from './murmur2.ts';
import { type FrameOptions, type RecordFrame, recordFrame } from './record-frame.ts';
import { isAllowedTopic, TopicTemplate } from './topic.ts';

/** Where the records of a stream go, and what all of them carry: made once for each stream. */
export interface KafkaStream {
  readonly topic: string;
  /** Why nothing of it can be sent, if so. */
  readonly refusal: Failure | undefined;
  readonly frame: RecordFrame;
  /** The partition is what is left of it when it is divided by their number: see `keyHash`. */
  readonly keyHash: number;
}

/** Keys of the sink's config. */
export interface KafkaStreamsOptions extends FrameOptions {
  readonly topic: string;
  /** Topics that labels may choose; empty: all. */
  readonly allowedTopics: readonly string[];
  /** Label template. Where it is empty once it is filled in, the stream's id is the key. */
  readonly key: string;
}

/** Remembers what becomes of streams for as long as they live. */
export class KafkaStreams {
  readonly #options: KafkaStreamsOptions;
  readonly #topic: TopicTemplate;
  readonly #key: LabelTemplate;
  readonly #known = new WeakMap<Stream, KafkaStream>();

  constructor(options: KafkaStreamsOptions) {
    this.#options = options;
    this.#topic = new TopicTemplate(options.topic);
    this.#key = new LabelTemplate(options.key);
  }

  /** What becomes of the records of `stream`. */
  of(stream: Stream): KafkaStream {
    let known = this.#known.get(stream);
    if (known === undefined) {
      known = this.#make(stream);
      this.#known.set(stream, known);
    }
    return known;
  }

  #make(stream: Stream): KafkaStream {
    const topic = this.#topic.of(stream.labels);
    const key = Buffer.from(this.#key.fill(stream.labels) || stream.id);
    const isAllowed = isAllowedTopic(topic, this.#options.allowedTopics);
    return {
      ...{ topic, keyHash: keyHash(key), frame: recordFrame(stream, key, this.#options) },
      refusal: isAllowed
        ? undefined
        : { kind: 'rejected', message: `the topic ${topic} is not one of allowed_topics` },
    };
  }
}
