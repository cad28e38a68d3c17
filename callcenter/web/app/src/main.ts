import { mount } from "svelte";
import App from "./App.svelte";
import { floor } from "./floor.svelte";
import "./styles/tokens.css";
import "./styles/base.css";

mount(App, { target: document.body });
floor.start();
