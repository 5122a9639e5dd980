//! Long documents: what the pipeline summarises, translates and embeds.

/// Instructions of the pipeline's jobs.
pub(in super::super) const JOBS: &[&str] = &[
    "You summarise internal documents for the weekly digest of Acme Outfitters. Give five bullet points, the open questions, and the names of those who have to act. Do not add anything that is not in the document.",
    "You translate product texts from English into German, French and Finnish. Keep measurements, product names and markup as they are. Return one section per language.",
    "You extract facts from supplier letters as lines `field: value`: supplier, article, price change in percent, valid from, contact. Write `unknown` when a fact is not stated.",
    "You sort customer reviews by theme. For each theme give the share of reviews, two short typical quotes and whether the tone is positive, mixed or negative.",
    "You write release notes for shop managers from meeting minutes and change lists: what changes for them, from when, and what they have to do.",
];

/// Sentences of minutes, letters, reviews and reports.
pub(in super::super) const SENTENCES: &[&str] = &[
    "In {city} the sales of the {product} rose by {percent} per cent against the same week of the previous year, mainly through the autumn catalogue.",
    "{name} reported that {number} parcels were held back at the warehouse because the new label printer does not know the postal codes of the islands.",
    "The supplier announced a price increase of {percent} per cent for all items with a taped seam, valid from {date}.",
    "It was agreed that the returns team checks every tenth {product} for the fault described in the letter of {date}.",
    "\"Light, quick to pitch and dry after two nights of rain, but the pegs are a joke,\" wrote a customer from {city} about the {product}.",
    "The number of open tickets fell to {number}; the median time to the first answer is now {days} hours, which is below the target.",
    "{name} will ask the carrier for a written statement on the {number} lost parcels by {date}.",
    "After the change of the search ranking the share of visits that end with a purchase moved from {percent} to {percent} per cent.",
    "The workshop in {city} repaired {number} tents in {quarter}, of which a third had lifted seam tape and a quarter broken poles.",
    "Several reviews mention that the {product} runs large; the size table was corrected on {date} and the exchange rate has gone down since.",
    "The budget for the spring campaign was set to {amount} thousand euro, with a reserve that {name} may release.",
    "A test with {number} customers showed that pictures taken outdoors sell more than pictures on white, except for cooking gear.",
    "The new water filter passed the laboratory test in {city}, with a flow of 1.{days} litres a minute after one hundred litres of use.",
    "{name} pointed out that the instructions of the Ember stove exist in four languages only and that two markets require a fifth.",
    "Returns of the {product} cost {amount} euro a piece on average, of which more than half is transport.",
    "The inventory count on {date} found a difference of {number} pieces, nearly all of them in the zone with the new scanners.",
    "For the winter season the shops will get {number} pairs of snow shoes for hire; the deposit is {amount} euro.",
    "It remains open whether the loyalty points can be used in stores before the cash registers are replaced in {quarter}.",
    "The call centre will close at six on Saturdays from {date}; the assistant on the web site takes over with a form.",
    "\"I wanted to like it. The zip broke on day {days}. Support answered within an hour and sent a new one,\" says another review.",
    "The insurer asks for photographs of the roof in {city} before it renews the contract, which ends on {date}.",
    "{name} and {name} will visit the weaving mill near {city} in the week of {date} to see the first metres of the recycled fabric.",
    "The carbon report counts {number} tonnes for {quarter}, {percent} per cent less than planned, because two flights of fabric went by rail.",
    "Order {order} was delivered to the wrong shop; the customer has been refunded {amount} euro and got a voucher.",
];

/// Short product texts, for embeddings.
pub(in super::super) const CATALOGUE: &[&str] = &[
    "{product}. Made for weekends above the tree line: {number} grams, packs to the size of a bottle, repairable at every seam.",
    "The {product} keeps out wind up to force eight and dries within {days} hours on a line. Colours: moss, slate, clay.",
    "{product}, second generation, with a wider opening and replaceable buckles. Tested for {number} kilometres around {city}.",
    "Our lightest {product} so far. Recycled fabric, {percent} per cent less water in dyeing, three years of free repairs.",
    "{product} for children from eight to twelve, adjustable in {days} steps, reflective on all sides.",
    "A {product} for those who count every gram: no frame, one pocket, {amount} euro in the outlet while stocks last.",
];

/// What a summary says.
pub(in super::super) const FINDINGS: &[&str] = &[
    "- Sales of the {product} are up {percent} % in {city}, driven by the catalogue.\n",
    "- A supplier raises prices by {percent} % from {date}; purchasing has to answer.\n",
    "- {number} parcels are held up by the label printer; owner: {name}.\n",
    "- Reviews praise weight and speed of pitching, and criticise pegs and zips.\n",
    "- Median first answer is {days} hours, below target; {number} tickets are open.\n",
    "- Open question: use of loyalty points in stores before {quarter}.\n",
    "- To act: {name} (statement of the carrier by {date}), {name} (photos for the insurer).\n",
    "- Returns of the {product} cost {amount} euro a piece, mostly transport.\n",
];
