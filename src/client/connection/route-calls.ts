import type { RouteRequest } from "../../protocol/requests.ts";
import type { RouteData } from "../../protocol/route-answers.ts";
import type { RouteKey } from "../../protocol/routes.ts";
import type { AppTypes, Typed } from "../messages/content.ts";
import type { Call, CallOptions, Http } from "./http.ts";

type Params = Readonly<Record<string, string | number | undefined>>;
type Item<List> = List extends readonly (infer One)[] ? One : never;

/** Calls routes by their keys, such as `GET /user/info`. The tables of the protocol say what each takes and gives. */
export function routeCalls<T extends AppTypes>(http: Http, options: CallOptions) {
  return {
    call: <K extends RouteKey>(key: K, given: RouteRequest<K> & Call & { params?: Params }) =>
      http.data<Typed<RouteData<K>, T>>(...addressed(key, given.params), { ...given, ...options }),
    /** For a route that gives a page of a list. */
    page: <K extends RouteKey>(key: K, given: RouteRequest<K> & Call) =>
      http.page<Typed<Item<RouteData<K>>, T>>(...addressed(key), { ...given, ...options }),
  };
}

/** The method and path of a call, from the key of its route. */
function addressed(key: RouteKey, params: Params = {}) {
  const [method = "", path = ""] = key.split(" ");
  return [method, path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ""))] as const;
}
