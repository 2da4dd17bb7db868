//! The bare limit: the least work that a job needs, with sqlx and lapin alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::StreamExt;
use futures_util::future::try_join_all;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions,
    ConfirmSelectOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use serde::Serialize;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use uuid::Uuid;

use super::numbers::per_second;
use super::options::{CONNECTIONS, Options};
use super::world::World;

const QUEUE: &str = "bare";
const PERSISTENT: u8 = 2;
const LIMIT: Duration = Duration::from_secs(120);

/// The rates in jobs per second.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Bare {
    /// Messages published with a confirm, consumed and acknowledged.
    pub(crate) messages: f64,
    /// Pairs of commits: one files the job, one completes it.
    pub(crate) commits: f64,
    /// A message and a pair of commits for each job: the bare limit.
    pub(crate) both: f64,
}

/// Measures the three rates, one after the other.
pub(crate) async fn measure(world: &World, options: Options) -> Result<Bare> {
    let in_hand = usize::from(options.in_hand);
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).connect(&world.bare_url).await?;
    sqlx::query(
        "CREATE TABLE IF NOT EXISTS jobs (
            id uuid PRIMARY KEY, payload jsonb NOT NULL, status text NOT NULL DEFAULT 'pending',
            filed_at timestamptz NOT NULL DEFAULT now(), completed_at timestamptz)",
    )
    .execute(&pool)
    .await?;
    let limit = async |work| Line::open(world, &pool, in_hand).await?.run(work, options.jobs).await;
    let both = limit(Work { messages: true, commits: true }).await?;
    let messages = limit(Work { messages: true, commits: false }).await?;
    let commits = limit(Work { messages: false, commits: true }).await?;
    pool.close().await;
    Ok(Bare { messages, commits, both })
}

/// The work for each job.
#[derive(Clone, Copy)]
struct Work {
    messages: bool,
    commits: bool,
}

/// A database and a queue, with the number of jobs that may be in hand.
struct Line {
    pool: PgPool,
    connection: Connection,
    publishing: Channel,
    consuming: Channel,
    in_hand: usize,
}

impl Line {
    async fn open(world: &World, pool: &PgPool, in_hand: usize) -> Result<Self> {
        let properties = ConnectionProperties::default();
        let connection = Connection::connect(&world.amqp_url, properties).await?;
        let publishing = connection.create_channel().await?;
        publishing.confirm_select(ConfirmSelectOptions::default()).await?;
        let consuming = connection.create_channel().await?;
        let mut quorum = FieldTable::default();
        quorum.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        consuming.queue_declare(QUEUE.into(), durable, quorum).await?;
        consuming.basic_qos(u16::try_from(in_hand)?, BasicQosOptions::default()).await?;
        Ok(Self { pool: pool.clone(), connection, publishing, consuming, in_hand })
    }

    /// Runs `jobs` jobs to their end; returns the jobs per second.
    async fn run(self, work: Work, jobs: usize) -> Result<f64> {
        let line = Arc::new(self);
        // Each filed job takes a place until it is completed.
        let places = Arc::new(Semaphore::new(line.in_hand));
        let mut tasks = JoinSet::new();
        if work.messages {
            tasks.spawn(Arc::clone(&line).complete_all(work, jobs, Arc::clone(&places)));
        }
        let start = Instant::now();
        let left = AtomicUsize::new(jobs);
        let filers = (0..line.in_hand).map(|_| line.file_all(work, &left, &places));
        timeout(LIMIT, try_join_all(filers)).await.context("filing took too long")??;
        while let Some(ended) = timeout(LIMIT, tasks.join_next()).await.context("too slow")? {
            ended??;
        }
        let rate = per_second(jobs, start.elapsed());
        line.connection.close(200, "done".into()).await?;
        Ok(rate)
    }

    async fn file_all(&self, work: Work, left: &AtomicUsize, places: &Semaphore) -> Result<()> {
        let take = |it: usize| it.checked_sub(1);
        while left.try_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
            let place = places.acquire().await?;
            let id = Uuid::now_v7();
            if work.commits {
                let payload = serde_json::json!({ "server_id": id, "domain": "example.ro" });
                sqlx::query("INSERT INTO jobs (id, payload) VALUES ($1, $2)")
                    .bind(id)
                    .bind(payload)
                    .execute(&self.pool)
                    .await?;
            }
            if work.messages {
                place.forget();
                self.publish(id).await?;
            } else {
                complete(&self.pool, id).await?;
            }
        }
        Ok(())
    }

    async fn publish(&self, id: Uuid) -> Result<()> {
        let properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let body = serde_json::to_vec(&serde_json::json!({ "job_id": id }))?;
        let sent =
            self.publishing.basic_publish("".into(), QUEUE.into(), options, &body, properties);
        let confirmed = matches!(sent.await?.await?, Confirmation::Ack(None));
        ensure!(confirmed, "RabbitMQ did not take a message");
        Ok(())
    }

    /// Consumes `jobs` messages and completes their jobs.
    async fn complete_all(
        self: Arc<Self>,
        work: Work,
        jobs: usize,
        places: Arc<Semaphore>,
    ) -> Result<()> {
        let (options, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
        let messages =
            self.consuming.basic_consume(QUEUE.into(), "".into(), options, arguments).await?;
        let one = async |message: Result<lapin::message::Delivery, lapin::Error>| -> Result<()> {
            let message = message?;
            if work.commits {
                let body: serde_json::Value = serde_json::from_slice(&message.data)?;
                let id = body["job_id"].as_str().context("no job_id")?.parse()?;
                complete(&self.pool, id).await?;
            }
            message.ack(BasicAckOptions::default()).await?;
            places.add_permits(1);
            Ok(())
        };
        let mut ended = messages.take(jobs).map(one).buffer_unordered(self.in_hand);
        while let Some(outcome) = ended.next().await {
            outcome?;
        }
        Ok(())
    }
}

async fn complete(pool: &PgPool, id: Uuid) -> Result<()> {
    sqlx::query("UPDATE jobs SET status = 'completed', completed_at = now() WHERE id = $1")
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}
