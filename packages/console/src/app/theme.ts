// How the console looks: the colour of embers on quiet greys.
import { createTheme, type MantineColorsTuple, Notification } from "@mantine/core";
import { texts } from "../texts/index.ts";

const ember: MantineColorsTuple = [
  "#fff3ea",
  "#fde3d3",
  "#f8c5a5",
  "#f3a473",
  "#ee884a",
  "#eb7630",
  "#d9611c",
  "#b94d12",
  "#9c3f0f",
  "#7d310b",
];

export const theme = createTheme({
  primaryColor: "ember",
  primaryShade: 7,
  colors: { ember },
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', Menlo, Consolas, monospace",
  defaultRadius: "md",
  autoContrast: true,
  cursorType: "pointer",
  respectReducedMotion: true,
  headings: { fontWeight: "650" },
  components: {
    Notification: Notification.extend({
      defaultProps: { closeButtonProps: { "aria-label": texts.app.dialog.close } },
    }),
  },
});
