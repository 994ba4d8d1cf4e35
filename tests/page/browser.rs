//! A headless Chromium over the DevTools protocol: as much of it as the tests need.
//!
//! `tungstenite` carries the messages. The crates that wrap the whole protocol bring an asynchronous runtime, or fetch
//! and compile the protocol's description in their build scripts; a page without network needs neither.

use std::{
    fs,
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tungstenite::{Message, WebSocket};

/// Longest wait for an answer; a busy machine starts a browser slowly.
const PATIENCE: Duration = Duration::from_secs(60);
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];
const OPTIONS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--remote-debugging-port=0",
];

/// A browser with one tab; it ends with the value.
pub(crate) struct Browser {
    child: Child,
    socket: WebSocket<TcpStream>,
    session: Option<String>,
    sent: u64,
    events: Vec<Value>,
    folder: TempDir,
}

/// Where Chromium is; `None` where it is missing, which `DEMARCHE_BROWSER=required` forbids.
fn program() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).flat_map(|f| NAMES.map(|name| f.join(name))).find(|path| path.is_file());
    if found.is_none() {
        eprintln!("skipped: no Chromium on the PATH (Debian: apt-get install chromium)");
        assert!(std::env::var_os("DEMARCHE_BROWSER").is_none(), "a browser is required here");
    }
    found
}

impl Browser {
    /// Starts Chromium with a new profile; `None` with a line on standard error where there is none.
    pub(crate) fn start() -> Option<Self> {
        let program = program()?;
        let folder = TempDir::new().unwrap();
        let profile = format!("--user-data-dir={}", folder.path().display());
        let mut command = Command::new(program);
        command.args(OPTIONS).args([&profile, "about:blank"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap();
        let (port, path) = address(&folder.path().join("DevToolsActivePort"));
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (socket, _) = tungstenite::client(format!("ws://127.0.0.1:{port}{path}"), stream).unwrap();
        let mut browser = Self { child, socket, session: None, sent: 0, events: Vec::new(), folder };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let session = browser.call("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Network", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser.call("Page.setLifecycleEventsEnabled", json!({"enabled": true}));
        Some(browser)
    }

    /// Sends a command and waits for its answer; events that arrive before it are kept.
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Value {
        self.sent += 1;
        let mut command = json!({"id": self.sent, "method": method, "params": params});
        if let Some(session) = &self.session {
            command["sessionId"] = session.as_str().into();
        }
        self.socket.send(Message::text(command.to_string())).unwrap();
        loop {
            let message = self.receive();
            if message["id"] == self.sent {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
        }
    }

    fn receive(&mut self) -> Value {
        let message: Value = serde_json::from_str(self.socket.read().unwrap().to_text().unwrap()).unwrap();
        if message.get("method").is_some() {
            self.events.push(message.clone());
        }
        message
    }

    /// Opens `page` from a file, as a reader would, and waits until it is loaded.
    pub(crate) fn open(&mut self, page: &str) -> String {
        let file = self.folder.path().join("page.html");
        fs::write(&file, page).unwrap();
        let url = format!("file://{}", file.display());
        self.navigate("about:blank");
        self.events.clear();
        self.navigate(&url);
        url
    }

    fn navigate(&mut self, url: &str) {
        let loader = self.call("Page.navigate", json!({"url": url}))["loaderId"].clone();
        let loaded = |e: &Value| e["params"]["loaderId"] == loader && e["params"]["name"] == "load";
        while !self.events.iter().any(loaded) {
            self.receive();
        }
    }

    /// The value of a JavaScript expression.
    pub(crate) fn eval(&mut self, expression: &str) -> Value {
        let options = json!({"expression": expression, "returnByValue": true, "awaitPromise": true, "userGesture": true});
        let result = self.call("Runtime.evaluate", options);
        assert!(result.get("exceptionDetails").is_none(), "{expression}: {result}");
        result["result"]["value"].clone()
    }

    pub(crate) fn eval_string(&mut self, expression: &str) -> String {
        self.eval(expression).as_str().unwrap_or_else(|| panic!("{expression} is no string")).to_owned()
    }

    pub(crate) fn eval_strings(&mut self, expression: &str) -> Vec<String> {
        let values = self.eval(expression);
        values.as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
    }

    /// Waits until `expression` holds; whether it did in time.
    pub(crate) fn comes_true(&mut self, expression: &str) -> bool {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(10) {
            if self.eval(expression) == true {
                return true;
            }
            sleep(Duration::from_millis(20));
        }
        false
    }

    /// Width and height of the window in CSS pixels, and light or dark; nothing moves by itself.
    pub(crate) fn window(&mut self, width: u32, height: u32, dark: bool) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", size);
        let scheme = if dark { "dark" } else { "light" };
        self.prefer(&[("prefers-color-scheme", scheme), ("prefers-reduced-motion", "reduce")]);
    }

    /// What the reader prefers, as media queries see it.
    pub(crate) fn prefer(&mut self, wishes: &[(&str, &str)]) {
        let features: Vec<Value> = wishes.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        self.call("Emulation.setEmulatedMedia", json!({"media": "", "features": features}));
    }

    /// Presses and releases a key by its name ("Tab", "Enter", "Escape", "ArrowDown", " ").
    pub(crate) fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            "ArrowDown" => (40, ""),
            " " => (32, " "),
            _ => panic!("no code for {key}"),
        };
        let event = |kind: &str| json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text});
        self.call("Input.dispatchKeyEvent", event("keyDown"));
        self.call("Input.dispatchKeyEvent", json!({"type": "keyUp", "key": key, "code": key, "windowsVirtualKeyCode": code}));
    }

    /// Moves the mouse on the first line of what `selector` names.
    pub(crate) fn hover(&mut self, selector: &str) -> (f64, f64) {
        let place = format!(
            "(() => {{ const e = document.querySelector({selector:?}); e.scrollIntoView({{block: 'center', behavior: 'instant'}}); \
             const b = e.getClientRects()[0]; return [b.left + Math.min(b.width / 2, 30), b.top + b.height / 2]; }})()"
        );
        let at = self.eval(&place);
        let (x, y) = (at[0].as_f64().unwrap(), at[1].as_f64().unwrap());
        self.call("Input.dispatchMouseEvent", json!({"type": "mouseMoved", "x": x, "y": y}));
        (x, y)
    }

    pub(crate) fn click(&mut self, selector: &str) {
        let (x, y) = self.hover(selector);
        for kind in ["mousePressed", "mouseReleased"] {
            self.call("Input.dispatchMouseEvent", json!({"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}));
        }
    }

    /// Every address that was asked for since the page was opened.
    pub(crate) fn requests(&mut self) -> Vec<String> {
        self.eval("1");
        let asked = self.events.iter().filter(|e| e["method"] == "Network.requestWillBeSent");
        asked.map(|e| e["params"]["request"]["url"].as_str().unwrap().to_owned()).collect()
    }

    /// Everything the console shows since the page was opened: messages, exceptions, breaches of the policy.
    pub(crate) fn console(&mut self) -> Vec<String> {
        self.eval("1");
        let kinds = ["Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"];
        self.events.iter().filter(|e| kinds.iter().any(|k| e["method"] == *k)).map(Value::to_string).collect()
    }

    /// Writes a picture of the first `height` pixels of the page.
    pub(crate) fn picture(&mut self, file: &Path, width: u32, height: u32) {
        let clip = json!({"x": 0, "y": 0, "width": width, "height": height, "scale": 1});
        self.shoot(file, json!({"format": "png", "clip": clip, "captureBeyondViewport": true}));
    }

    /// Writes a picture of what the window shows.
    pub(crate) fn view(&mut self, file: &Path) {
        self.shoot(file, json!({"format": "png"}));
    }

    fn shoot(&mut self, file: &Path, options: Value) {
        let shot = self.call("Page.captureScreenshot", options);
        fs::write(file, base64(shot["data"].as_str().unwrap())).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Port and path that the browser writes into its profile once it listens.
fn address(file: &Path) -> (u16, String) {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some((port, path)) = fs::read_to_string(file).unwrap_or_default().split_once('\n') {
            return (port.parse().unwrap(), path.trim().to_owned());
        }
        sleep(Duration::from_millis(20));
    }
    panic!("Chromium did not start");
}

/// The bytes of base64 `text`.
fn base64(text: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u8> = text.bytes().filter(|&c| c != b'=').map(value).collect();
    let group = |four: &[u8]| {
        let bits = four.iter().fold(0u32, |bits, &d| bits << 6 | u32::from(d)) << (6 * (4 - four.len()));
        bits.to_be_bytes()[1..four.len()].to_vec()
    };
    digits.chunks(4).flat_map(group).collect()
}
