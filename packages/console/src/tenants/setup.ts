// What of the server's setup forms and links need. It changes only with a restart of the server.
import { useQuery } from "@tanstack/react-query";
import { client } from "../app/client.ts";

export function useSetup() {
  return useQuery({
    queryKey: ["setup"],
    queryFn: ({ signal }) => client.service.setup({}, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
