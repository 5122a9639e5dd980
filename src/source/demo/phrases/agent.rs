//! The order-desk agent: its instructions, tools, requests and what the tools return.

/// The agent's instructions.
pub(in super::super) const SYSTEM: &str = "You are the order desk of Acme Outfitters. You work for colleagues, not for customers. Solve the request step by step with the tools you have; never guess an order, a stock level or a price. Ask back when a tool returns nothing. Before you change an order, state what you are going to change. Finish with a short summary of what was done, with order numbers.";

/// `toolConfig.tools` of the agent.
pub(in super::super) const TOOLS: &str = r#"[{"toolSpec":{"name":"get_order","description":"Reads one order with its lines, state and shipment.","inputSchema":{"json":{"type":"object","properties":{"order_id":{"type":"string"}},"required":["order_id"]}}}},{"toolSpec":{"name":"get_stock","description":"Stock of an article by warehouse.","inputSchema":{"json":{"type":"object","properties":{"sku":{"type":"string"}},"required":["sku"]}}}},{"toolSpec":{"name":"move_line","description":"Moves an order line to another warehouse.","inputSchema":{"json":{"type":"object","properties":{"order_id":{"type":"string"},"line":{"type":"integer"},"warehouse":{"type":"string"}},"required":["order_id","line","warehouse"]}}}}]"#;

/// What colleagues ask of it; `<order>` is the order the conversation is about.
pub(in super::super) const REQUESTS: &[&str] = &[
    "Order <order> is stuck in picking since {date}. Find out which line is missing and move it to a warehouse that has it.",
    "Customer {name} says order <order> contains the {product} twice. Check it and tell me what to answer.",
    "Can order <order> still leave today from {city}? If not, from where?",
    "The {product} in order <order> was to be picked in Tartu. Please see to it that it ships before {date}.",
];

/// What the long loop is asked: the request that takes forty calls, three for each order and a last one.
pub(in super::super) const LONG_REQUEST: &str = "The warehouse in Tartu is closed until Monday because of the flood. Go through the orders on the list below one after another, read each, look up the stock of the line that was to be picked in Tartu, and move the line to a warehouse that has it. Do not skip an order. List: ";

/// The list.
pub(in super::super) const LONG_LIST: [&str; 13] = [
    "AC-610204",
    "AC-610219",
    "AC-610233",
    "AC-610250",
    "AC-610251",
    "AC-610268",
    "AC-610277",
    "AC-610290",
    "AC-610302",
    "AC-610311",
    "AC-610325",
    "AC-610340",
    "AC-610356",
];

/// Warehouses.
pub(in super::super) const WAREHOUSES: &[&str] = &["Ghent", "Graz", "Leeds", "Boise"];

/// Names of the tools in the order the agent uses them, and what it says before each.
pub(in super::super) const STEPS: [(&str, &[&str]); 3] = [
    ("get_order", &["I will read the order first to see which lines were planned for Tartu.", "Next I look at the order itself."]),
    (
        "get_stock",
        &["One line was to be picked in Tartu. Let me look up the stock of the article.", "The order is in picking; I check who has the article."],
    ),
    (
        "move_line",
        &[
            "This warehouse has enough of it and ships to the same country, so I move the line there.",
            "The nearest stock is reserved, but here are free pieces. I move the line.",
        ],
    ),
];
