//! The engine on real PostgreSQL and RabbitMQ, carrying out workflows whose outside world is a list.

mod children;
mod faults;
mod queues;
mod world;
