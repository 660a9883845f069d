#include "sextant/cli/demo_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sextant::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(DemoPage, EscapesWhatModelsWrite) {
  EXPECT_EQ(html_escape("<script>\"a\" & b</script>"),
            "&lt;script&gt;&quot;a&quot; &amp; b&lt;/script&gt;");
  const std::string table = html_table({"<h>"}, {{"a<b"}, {"c"}});
  EXPECT_THAT(table, HasSubstr("<th>&lt;h&gt;</th>"));
  EXPECT_THAT(table, HasSubstr("<td>a&lt;b</td>"));
}

TEST(DemoPage, BarsStayInTheirFrame) {
  EXPECT_THAT(html_bar("x", 0.25, "y"), HasSubstr("width:25.0%"));
  EXPECT_THAT(html_bar("x", 1.7, "y"), HasSubstr("width:100.0%"));
  EXPECT_THAT(html_bar("x", -1, "y"), HasSubstr("width:0.0%"));
}

TEST(DemoPage, LinksEverySectionAndNeedsNoOtherFile) {
  const std::string page =
      demo_page({{"one", "First", "<p>1</p>"}, {"two", "Second & last", "<p>2</p>"}}, "a machine");
  EXPECT_THAT(page, HasSubstr("<a href=\"#one\">First</a>"));
  EXPECT_THAT(page, HasSubstr("<h2 id=\"two\">Second &amp; last</h2>"));
  EXPECT_THAT(page, HasSubstr("a machine"));
  EXPECT_THAT(page, Not(HasSubstr("src=")));
  EXPECT_THAT(page, Not(HasSubstr("http")));
}

}  // namespace
}  // namespace sextant::cli
