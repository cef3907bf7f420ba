"""Which questions the sales space answers, by which example, and which it does not."""

from __future__ import annotations

import json
from importlib import resources

import pytest

from local_workspace.genie.knowledge import knowledge_of
from local_workspace.genie.matcher import Matcher
from local_workspace.genie.serialized_space import parse_space
from local_workspace.genie.wording import question_in

QUARTER = "What was our total revenue last quarter?"
TOTAL = "What is our total revenue?"
REGION = "What is the total revenue by region?"
NATION = "What is the total revenue by nation?"
MONTH = "What is the total revenue by month?"
TOP = "Who are the top :n customers by revenue?"
TOP_IN = "Who are the top :n customers in :region by revenue?"
ORDERS = "How many orders are there?"
STATUS = "What is the average order value by status?"

ALL_ORDERS = "List the individual orders"
ANSWERED = [
    ("What was our total revenue last quarter?", QUARTER, ()),
    ("revenue last quarter", QUARTER, ()),
    ("How much did we sell last quarter?", QUARTER, ()),
    ("Total sales in the previous quarter", QUARTER, ()),
    ("What was last month's revenue?", "What was our total revenue last month?", ()),
    ("revenue in France last month", "What was our total revenue last month?", ("FRANCE",)),
    ("Revenue this year", "What is our total revenue this year?", ()),
    ("What were our sales in 2024?", "What was our total revenue in :year?", ()),
    ("total revenue", TOTAL, ()),
    ("revenue in Europe", TOTAL, ("EUROPE",)),
    ("revenue by region", REGION, ()),
    ("What is the total amount by region?", REGION, ()),
    ("Which region has the highest revenue?", REGION, ()),
    ("reveneu by regoin", REGION, ()),
    ("total revenue by region last quarter", REGION, ("last quarter",)),
    ("sales per country", NATION, ()),
    ("monthly revenue", MONTH, ()),
    ("monthly revenue this year", MONTH, ("this year",)),
    (
        "Show me the revenue by month for the last 12 months",
        "How did revenue develop by month over the last 12 months?",
        (),
    ),
    ("quarterly revenue", "What is the total revenue by quarter?", ()),
    ("revenue by market segment", "What is the total revenue by market segment?", ()),
    ("top 5 customers", TOP, ()),
    ("Which customers spend the most?", TOP, ()),
    ("Who are the top 3 customers in ASIA by revenue?", TOP_IN, ()),
    ("Who are our best customers in Europe?", TOP_IN, ()),
    ("top ten products", "What are the top :n products by revenue?", ()),
    ("orders by status", "How many orders are there by status?", ()),
    ("How many open orders are there?", "How many orders are open?", ()),
    ("How many orders are there?", ORDERS, ()),
    ("How many orders were placed yesterday?", ORDERS, ("yesterday",)),
    ("Export all orders", ALL_ORDERS, ()),
    ("List the individual orders of last month", ALL_ORDERS, ("last month",)),
    ("individual orders in Europe", ALL_ORDERS, ("EUROPE",)),
    ("What is the average amount by status?", STATUS, ()),
    ("average order value", "What is the average order value?", ()),
    ("what's the return rate", "What is the return rate?", ()),
    ("how many late shipments", "How many shipments were late?", ()),
    ("late deliveries by ship mode", "How many shipments were late by ship mode?", ()),
    ("How many customers do we have in Germany?", "How many customers do we have?", ("GERMANY",)),
    (
        "I will provide you a chat history, where your name is Genie.\nuser: revenue by region",
        REGION,
        (),
    ),
]
NOT_ANSWERED = [
    "what's the weather",
    "What is the weather in Europe?",
    "delete all",
    "delete all orders",
    "drop table orders",
    "average order value by nation in Asia",
    "average revenue by region",
    "What is the worst region by revenue?",
    "revenue of Netflix last quarter",
    "What is the revenue in Atlantis?",
    "revenue since 2024",
    "revenue without Europe",
    "revenue forecast for next quarter",
    "What was the profit last quarter?",
    "how many employees do we have",
    "Analyze all customer transactions for anomalies",
    "Who is the CEO?",
    "customers",
    "Hello",
    "thanks",
    "",
]


@pytest.fixture(scope="module")
def matcher(server):
    file = resources.files("local_workspace.demo") / "files" / "spaces" / "sales.json"
    content = json.loads(file.read_text(encoding="utf-8"))["serialized_space"]
    return Matcher(knowledge_of(parse_space(json.dumps(content)), server.warehouse))


@pytest.mark.parametrize(("question", "example", "conditions"), ANSWERED)
def test_a_question_finds_its_example(server, matcher, question, example, conditions):
    match = matcher.match(question_in(question))
    assert match is not None
    assert match.example.questions[0] == example
    assert match.conditions == conditions
    assert server.warehouse.execute(match.sql, parameters=match.parameters).columns


@pytest.mark.parametrize("question", NOT_ANSWERED)
def test_a_question_that_nothing_fits_finds_none(matcher, question):
    assert matcher.match(question) is None


@pytest.mark.parametrize(
    ("questions", "example", "conditions"),
    [
        ([QUARTER, "and by region?"], REGION, ("last quarter",)),
        ([QUARTER, "and last month?"], "What was our total revenue last month?", ()),
        ([REGION, "only for Europe", "what about Asia?"], REGION, ("ASIA",)),
        ([REGION, "Now filter to only completed orders"], REGION, ("completed",)),
        ([REGION, "and by nation?"], NATION, ()),
        (["Who are the top 3 customers in Asia?", "and in Europe?"], TOP_IN, ()),
        (["average order value", "and by status?"], STATUS, ()),
        ([QUARTER, "How many orders are there?"], ORDERS, ()),
    ],
)
def test_a_follow_up_finds_its_example(matcher, questions, example, conditions):
    context = ()
    for question in questions:
        match = matcher.match(question, context)
        context = match.features
    assert (match.example.questions[0], match.conditions) == (example, conditions)


@pytest.mark.parametrize(
    "question", ["what's the weather", "thanks", "and by ship mode?", "and by region and month?"]
)
def test_what_does_not_fit_the_context_finds_none(matcher, question):
    assert matcher.match(question, matcher.match(QUARTER).features) is None


def test_of_two_regions_either_will_do(server, matcher):
    match = matcher.match("revenue by region in Europe and Asia")
    rows = server.warehouse.execute(match.sql).rows
    assert {row[0] for row in rows} == {"EUROPE", "ASIA"}
