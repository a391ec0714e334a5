//! Logs to stderr, for a person or as JSON, and metrics for Prometheus. It never sees card data, names or bodies:
//! whoever logs keeps them out.

use crate::config::{ConfigError, Vars};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::io::{self, IsTerminal as _};
use std::thread;
use std::time::Duration;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry, fmt};

/// Bounds of the buckets of every metric that ends in `_seconds`.
const SECONDS: [f64; 15] =
    [0.0005, 0.001, 0.0025, 0.005, 0.0075, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Histograms keep every sample until they are tidied, also where nobody scrapes.
const UPKEEP: Duration = Duration::from_secs(5);

/// What a log line looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a person; in colour on a terminal.
    Text,
    /// One JSON object a line.
    Json,
}

/// What is logged, and how.
#[derive(Debug, Clone)]
pub struct TelemetrySettings {
    /// Directives as of tracing's `EnvFilter`, for example `info,ledger_api=debug`.
    pub filter: String,
    /// `text` or `json`.
    pub format: Format,
}

impl TelemetrySettings {
    /// From `LEDGER_LOG` (default `info`) and `LEDGER_LOG_FORMAT` (default `text`).
    ///
    /// # Errors
    /// A filter or format that is none.
    pub fn read(vars: &Vars) -> Result<TelemetrySettings, ConfigError> {
        let filter = vars.text("LEDGER_LOG", "info")?;
        EnvFilter::try_new(&filter)
            .map_err(|_| ConfigError::new("LEDGER_LOG", "is no filter such as info,ledger_api=debug"))?;
        let format = vars.choice(
            "LEDGER_LOG_FORMAT",
            Format::Text,
            &[("text", Format::Text), ("json", Format::Json)],
        )?;
        Ok(TelemetrySettings { filter, format })
    }
}

/// Telemetry could not be started; it can be only once in a process.
#[derive(Debug, thiserror::Error)]
#[error("starting telemetry: {0}")]
pub struct TelemetryError(String);

/// The process's telemetry, started.
#[derive(Clone)]
pub struct Telemetry {
    metrics: PrometheusHandle,
}

impl Telemetry {
    /// Starts logs and metrics for the whole process; once.
    ///
    /// # Errors
    /// They were started before.
    pub fn start(settings: &TelemetrySettings) -> Result<Telemetry, TelemetryError> {
        let failed = |e: &dyn std::error::Error| TelemetryError(e.to_string());
        let filter = EnvFilter::try_new(&settings.filter).map_err(|e| failed(&e))?;
        let lines = lines(settings.format, io::stderr().is_terminal(), io::stderr);
        Registry::default().with(filter).with(lines).try_init().map_err(|e| failed(&e))?;
        let metrics = builder().and_then(PrometheusBuilder::install_recorder).map_err(|e| failed(&e))?;
        let tidied = metrics.clone();
        let tidy = move || {
            loop {
                thread::sleep(UPKEEP);
                tidied.run_upkeep();
            }
        };
        thread::Builder::new().name("metrics upkeep".to_owned()).spawn(tidy).map_err(|e| failed(&e))?;
        Ok(Telemetry { metrics })
    }

    /// Every metric in Prometheus's text format.
    pub fn render(&self) -> String {
        self.metrics.run_upkeep();
        self.metrics.render()
    }
}

fn builder() -> Result<PrometheusBuilder, metrics_exporter_prometheus::BuildError> {
    PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
}

/// How events become lines.
fn lines<W>(format: Format, colour: bool, writer: W) -> Box<dyn Layer<Filtered> + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    match format {
        Format::Text => fmt::layer().with_ansi(colour).with_writer(writer).boxed(),
        Format::Json => {
            fmt::layer().json().flatten_event(true).with_span_list(false).with_writer(writer).boxed()
        }
    }
}

type Filtered = tracing_subscriber::layer::Layered<EnvFilter, Registry>;

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: Format) -> String {
        let page = Page::default();
        let writer = page.clone();
        let layer = lines(format, false, move || writer.clone());
        let filter = EnvFilter::try_new("info").unwrap();
        tracing::subscriber::with_default(Registry::default().with(filter).with(layer), || {
            let _span = tracing::info_span!("request", request_id = "req_1").entered();
            tracing::info!(position = "ledger.payments/3:1042", "recorded");
            tracing::debug!("not shown");
        });
        String::from_utf8(page.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_person_reads_one_line_an_event() {
        let text = logged(Format::Text);
        assert_eq!(text.lines().count(), 1);
        assert!(text.contains("recorded") && text.contains("position=\"ledger.payments/3:1042\""), "{text}");
    }

    #[test]
    fn a_machine_reads_one_object_an_event_with_its_span() {
        let text = logged(Format::Json);
        assert_eq!(text.lines().count(), 1);
        for part in
            [r#""message":"recorded""#, r#""position":"ledger.payments/3:1042""#, r#""request_id":"req_1""#]
        {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn settings_are_read_and_refused() {
        let read = |name: &str, value: &str| TelemetrySettings::read(&Vars::from_pairs([(name, value)]));
        assert_eq!(read("LEDGER_LOG_FORMAT", "json").unwrap().format, Format::Json);
        assert_eq!(
            read("LEDGER_LOG_FORMAT", "xml").unwrap_err().to_string(),
            "LEDGER_LOG_FORMAT: is none of text, json"
        );
        assert!(
            read("LEDGER_LOG", "no==filter").unwrap_err().to_string().starts_with("LEDGER_LOG: is no filter")
        );
    }

    #[test]
    fn durations_are_counted_in_buckets() {
        let recorder = builder().unwrap().build_recorder();
        let handle = recorder.handle();
        metrics::with_local_recorder(&recorder, || metrics::histogram!("append_seconds").record(0.004));
        handle.run_upkeep();
        let text = handle.render();
        assert!(text.contains(r#"append_seconds_bucket{le="0.005"} 1"#), "{text}");
        assert!(text.contains(r#"append_seconds_bucket{le="0.0025"} 0"#), "{text}");
    }
}
