"""The customer's page in a real browser without JavaScript: read, ticked, saved, by keyboard."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from hub.links import Purpose
from tests.hub.web.people import People, people_on

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="chromium and chromedriver are not installed here"
)


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    with people_on(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER or ""
    for argument in ("--headless=new", "--no-sandbox", "--lang=sv"):
        options.add_argument(argument)
    no_script = {"profile.managed_default_content_settings.javascript": 2}
    options.add_experimental_option("prefs", no_script)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options, Service(DRIVER))
    opened.set_page_load_timeout(60)
    small = {"width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", small)
    yield opened
    opened.quit()


def visit(browser: webdriver.Chrome, people: People, path: str) -> None:
    browser.get(f"http://127.0.0.1:{people.served.port}{path}")


def one(browser: webdriver.Chrome, css: str) -> WebElement:
    """What there is exactly one of, as soon as the page has it."""
    return WebDriverWait(browser, 20).until(
        lambda page: page.find_element(By.CSS_SELECTOR, css), f"nothing on the page is {css}"
    )


def test_a_customer_chooses_by_keyboard_and_finds_it_chosen(
    people: People, browser: webdriver.Chrome
) -> None:
    visit(browser, people, f"{people.page('c_1')}&lang=sv")
    assert "Så får vi kontakta dig" == one(browser, "h1").text
    one(browser, "[value='informative/email']").send_keys(Keys.SPACE)
    one(browser, "button").send_keys(Keys.ENTER)

    assert "Sparat. Tack!" == one(browser, "[role=status]").text
    assert not one(browser, "[value='informative/email']").is_selected()
    assert [("email", "informative", False, "page", "kauppa")] == people.ledger()
    complaints = [line for line in browser.get_log("browser") if "favicon" not in line["message"]]
    assert [] == complaints  # of the content policy, above all


def test_the_page_fits_a_small_telephone_and_its_parts_can_be_touched(
    people: People, browser: webdriver.Chrome
) -> None:
    visit(browser, people, people.page("c_1"))
    size = browser.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]

    assert size["width"] <= 360
    for css in ("button", "select", ".box"):
        assert one(browser, css).size["height"] >= 44, css


def test_one_button_stops_the_messages(people: People, browser: webdriver.Chrome) -> None:
    visit(browser, people, people.page("c_1 email informative", Purpose.UNSUBSCRIBE))
    assert [] == people.ledger()
    one(browser, "button").click()

    assert one(browser, "[role=status]").is_displayed()
    assert [] == browser.find_elements(By.CSS_SELECTOR, "button")
    assert 1 == len(people.ledger())
