// The door: an operator key is exchanged for a session.

import { isHestiaError } from "@hestia/core";
import { Alert, Button, Center, Paper, PasswordInput, Stack, Text, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { forgetSession, signIn } from "../app/session.ts";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";

const route = getRouteApi("/sign-in");

export function SignIn(): ReactNode {
  const words = texts.app.signIn;
  const { next, ended } = route.useSearch();
  const navigate = useNavigate();
  const [key, setKey] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  // Only now: screens that are still there would ask for everything anew.
  useEffect(forgetSession, []);
  const entering = useMutation({
    mutationFn: () => signIn(key.trim()),
    onSuccess: () => navigate({ to: next ?? "/" }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    entering.mutate();
  };
  const isRefused = isHestiaError(entering.error, "unauthenticated");
  return (
    <Center mih="100vh" p="md" component="main">
      <Paper withBorder shadow="sm" p="xl" radius="lg" w="100%" maw={420}>
        <form onSubmit={submit}>
          <Stack>
            <img src="/console/assets/hearth.svg" width={40} height={40} alt="" />
            <Title order={1} size="h3">
              {words.title}
            </Title>
            <Text size="sm" c="dimmed">
              {words.lead}
            </Text>
            {ended && <Alert color="yellow">{words.ended}</Alert>}
            <PasswordInput
              label={words.key}
              description={words.where}
              value={key}
              onChange={(event) => setKey(event.currentTarget.value)}
              autoComplete="current-password"
              required
              withAsterisk={false}
              ref={field}
              error={isRefused ? words.refused : undefined}
            />
            {entering.error && !isRefused && <Problem error={entering.error} />}
            <Button type="submit" loading={entering.isPending} disabled={key.trim() === ""}>
              {words.submit}
            </Button>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}
