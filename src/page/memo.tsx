import { Component, type ComponentChild, type FunctionComponent } from "preact";

/** A component that renders again only when one of its properties is another. `preact/compat` is 1.5 KB for it. */
export function memo<Props extends object>(Inner: FunctionComponent<Props>) {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Readonly<Props>): boolean {
      const names = new Set([...Object.keys(this.props), ...Object.keys(next)]);
      return [...names].some((name) => !Object.is(Reflect.get(this.props, name), Reflect.get(next, name)));
    }

    override render(): ComponentChild {
      return <Inner {...(this.props as Props)} />;
    }
  };
}
