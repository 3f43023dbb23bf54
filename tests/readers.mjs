// What three feed readers from npm see in the feeds whose addresses are given: one line of JSON an address.
import { extract } from "@extractus/feed-extractor";
import { parseFeed } from "feedsmith";
import RssParser from "rss-parser";

const seen = (items) => items.map(([id, link, title]) => ({ id, link, title }));

const readers = {
  "rss-parser": async (url) => {
    if (url.endsWith(".json")) return null; // it reads XML only
    const feed = await new RssParser().parseURL(url);
    return seen(feed.items.map((item) => [item.guid ?? item.id, item.link, item.title]));
  },
  feedsmith: async (url) => {
    const { format, feed } = parseFeed(await (await fetch(url)).text());
    if (format === "atom") return seen((feed.entries ?? []).map((item) => [item.id, item.links[0].href, item.title.value]));
    if (format === "json") return seen((feed.items ?? []).map((item) => [item.id, item.url, item.title]));
    return seen((feed.items ?? []).map((item) => [item.guid.value, item.link, item.title]));
  },
  "feed-extractor": async (url) => {
    const text = await (await fetch(url)).text();
    if (!/<(item|entry)[ >]|"items"/.test(text)) return null; // it takes a feed without items for no feed
    const feed = await extract(url);
    return seen(feed.entries.map((item) => [item.id, item.link, item.title]));
  },
};

for (const url of process.argv.slice(2)) {
  const found = {};
  for (const [name, read] of Object.entries(readers)) found[name] = await read(url);
  console.log(JSON.stringify(found));
}
