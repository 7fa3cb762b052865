import { fmt } from "../i18n/format";

/** A day with the distance to it on hover, or a moment with its exact time on hover. */
export function When(props: { at: string; relative?: boolean }) {
  return (
    <time
      class="whitespace-nowrap"
      datetime={props.at}
      title={
        props.relative
          ? props.at.length > 10
            ? fmt.moment(props.at)
            : fmt.day(props.at)
          : fmt.relative(props.at)
      }
    >
      {props.relative ? fmt.relative(props.at) : fmt.day(props.at)}
    </time>
  );
}
