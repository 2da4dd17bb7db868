//! The page at `/docs`: complete within the program, under a strict policy.

use reqwest::StatusCode;

use crate::world::{Answer, World, send};

async fn get(world: &World, path: &str) -> Answer {
    send(testkit::http::client().get(format!("{}{path}", world.rest_url))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_comes_from_the_program_alone_and_may_do_little() {
    let world = World::start().await;
    let page = get(&world, "/docs").await;
    let html = page.body.as_str().unwrap();
    for (path, kind) in [
        ("/docs", "text/html; charset=utf-8"),
        ("/docs/page.js", "text/javascript; charset=utf-8"),
        ("/docs/page.css", "text/css; charset=utf-8"),
    ] {
        let file = get(&world, path).await;
        assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, kind));
        assert!(path == "/docs" || html.contains(&format!("\"{path}\"")), "{path} is not used");
        let policy = file.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{policy}");
        assert!(
            !policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert_eq!(file.header("x-content-type-options"), "nosniff");
        let text = file.body.as_str().unwrap();
        for elsewhere in ["http:", "https:", "src=\"//", "@import", "innerHTML", "eval(", "Storage"]
        {
            assert!(!text.contains(elsewhere), "{path} has {elsewhere}");
        }
    }
    // The policy allows no inline scripts and styles.
    for inline in ["<style", "style=", "<script>", "onclick", "onload"] {
        assert!(!html.contains(inline), "{inline}");
    }
}
