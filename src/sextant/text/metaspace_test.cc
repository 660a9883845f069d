#include "sextant/text/metaspace.h"

#include <gtest/gtest.h>

namespace sextant::text {
namespace {

using Prepend = Metaspace::Prepend;

// The pieces, with | between them.
std::string cut(const Metaspace& metaspace, Pieces pieces) {
  metaspace.apply(pieces);
  std::string out;
  for (const Span& span : pieces.spans) {
    out.append(out.empty() ? "" : "|").append(pieces.view(span));
  }
  return out;
}

Pieces whole(std::string text, bool at_start = true) {
  const size_t size = text.size();
  return {.text = std::move(text), .spans = {{0, size}}, .at_start = at_start};
}

TEST(Metaspace, EachMarkBeginsAPiece) {
  const Metaspace metaspace("\u2581", Prepend::kAlways, true);
  EXPECT_EQ(cut(metaspace, whole("a b")), "\u2581a|\u2581b");
  EXPECT_EQ(cut(metaspace, whole(" a  b ")), "\u2581a|\u2581|\u2581b|\u2581");
  EXPECT_EQ(cut(metaspace, whole("\u2581a")), "\u2581a");
}

TEST(Metaspace, KeepsThePiecesBeforeIt) {
  const Metaspace metaspace("\u2581", Prepend::kAlways, true);
  EXPECT_EQ(cut(metaspace, {.text = "ab  cd", .spans = {{0, 2}, {4, 6}}}), "\u2581ab|\u2581cd");
}

TEST(Metaspace, PrependsOnlyWhereTheInputBegins) {
  const Metaspace metaspace("_", Prepend::kFirst, true);
  EXPECT_EQ(cut(metaspace, whole("a b")), "_a|_b");
  EXPECT_EQ(cut(metaspace, whole("a b", false)), "a|_b");
  EXPECT_EQ(cut(metaspace, {.text = "ab cd", .spans = {{0, 2}, {3, 5}}}), "_ab|cd");
}

TEST(Metaspace, SplitsOnlyWhereAsked) {
  EXPECT_EQ(cut(Metaspace("_", Prepend::kNever, false), whole("a b")), "a_b");
}

}  // namespace
}  // namespace sextant::text
