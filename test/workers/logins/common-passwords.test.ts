import { expect, test } from "vitest";
import { assertUncommon } from "../../../src/features/logins/common-passwords.ts";
import { call, ok } from "../../helpers/workers/api.ts";
import { loginBy, PASSWORD, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ FLOOD_LIMITS: "off", COMMON_PASSWORDS: "refuse" });

const register = (user_id: string, password: string) =>
  call("POST", "/auth/register", { body: { user_id, nickname: "N", password } });

test("[LOGIN-10] common passwords are refused where the setting says so, in any case and width", async () => {
  for (const common of ["123456", "password", "PassWord", "ｐａｓｓｗｏｒｄ", "iloveyou", "baseball", "colleen1"]) {
    const refused = await register("never", common);
    expect([refused.code, refused.msg]).toEqual([1001, "password: is one of the 10000 commonest passwords"]);
  }
  ok(await register("fine", "correct horse battery staple"));
  const [zoe] = await people("zoe");
  const change = { old_password: PASSWORD, new_password: "letmein" };
  expect(await zoe.post("/auth/password", change)).toMatchObject({
    code: 1001,
    msg: "new_password: is one of the 10000 commonest passwords",
  });
  ok(await zoe.post("/auth/password", { ...change, new_password: "neither of these" }));
  ok(await loginBy(zoe.id, "neither of these"));
});

test("[LOGIN-10] the filter refuses hardly any other password", () => {
  const refused = Array.from({ length: 20_000 }, (_, at) => `a phrase of its own ${at}`).filter((phrase) => {
    try {
      assertUncommon("password", phrase);
      return false;
    } catch {
      return true;
    }
  });
  expect(refused.length).toBeLessThan(5);
});
