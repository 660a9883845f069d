// Unigram and WordPiece against their definitions, tried out in full on short texts.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "sextant/text/unigram.h"
#include "sextant/text/wordpiece.h"

namespace sextant::text {
namespace {

using Ids = std::vector<int32_t>;

Ids encode(const Model& model, const std::string& text) {
  Ids ids;
  model.encode({.text = text, .spans = {{0, text.size()}}}, ids);
  return ids;
}

// All cuts of a text of one-byte characters, worst case 2^(n - 1).
class AllCuts {
 public:
  AllCuts(const std::map<std::string, std::pair<int32_t, double>>& pieces, double unknown_score)
      : pieces_(pieces), unknown_score_(unknown_score) {}

  // The best cut, an unknown character after another left out; nothing where two are the best.
  std::optional<Ids> best(const std::string& text) {
    text_ = text;
    best_score_ = -1e30;
    ids_.clear();
    from(0, 0);
    if (ties_) {
      return std::nullopt;
    }
    Ids fused;
    for (size_t i = 0; i < best_.size(); ++i) {
      if (best_[i] != 0 || i == 0 || best_[i - 1] != 0) {
        fused.push_back(best_[i]);
      }
    }
    return fused;
  }

 private:
  void from(size_t begin, double score) {
    if (begin == text_.size()) {
      if (score > best_score_) {
        best_score_ = score;
        best_ = ids_;
        ties_ = false;
      } else if (score == best_score_) {
        ties_ = true;
      }
      return;
    }
    for (size_t end = begin + 1; end <= text_.size(); ++end) {
      const auto piece = pieces_.find(text_.substr(begin, end - begin));
      if (piece != pieces_.end()) {
        take(piece->second.first, end, score + piece->second.second);
      } else if (end == begin + 1) {
        take(0, end, score + unknown_score_);
      }
    }
  }

  void take(int32_t id, size_t end, double score) {
    ids_.push_back(id);
    from(end, score);
    ids_.pop_back();
  }

  const std::map<std::string, std::pair<int32_t, double>>& pieces_;
  double unknown_score_;
  std::string text_;
  Ids ids_, best_;
  double best_score_ = 0;
  bool ties_ = false;
};

std::string random_text(std::mt19937& random, size_t longest, const char* letters, size_t count) {
  std::string text(1 + random() % longest, ' ');
  for (char& c : text) {
    c = letters[random() % count];
  }
  return text;
}

// Scores are multiples of 1/64, so that sums are exact in float and double alike.
TEST(UnigramDefinition, TheBestOfAllCuts) {
  std::mt19937 random(17);
  int compared = 0;
  for (int round = 0; round < 60; ++round) {
    std::map<std::string, std::pair<int32_t, double>> pieces;
    std::vector<std::string> names = {"<unk>"};
    std::vector<double> scores = {0};
    double lowest = 0;
    while (names.size() < 14) {
      const std::string name = random_text(random, 4, "abc", 3);
      const double score = -static_cast<double>(random() % 640) / 64;
      if (pieces.emplace(name, std::pair(static_cast<int32_t>(names.size()), score)).second) {
        names.push_back(name);
        scores.push_back(score);
        lowest = std::min(lowest, score);
      }
    }
    SentencePieceList list;
    for (size_t i = 0; i < names.size(); ++i) {
      list.texts.push_back(names[i]);
      list.scores.push_back(static_cast<float>(scores[i]));
      list.types.push_back(i == 0 ? SentencePieceProto::PieceType::kUnknown
                                  : SentencePieceProto::PieceType::kNormal);
    }
    UnigramParts parts = value_or_throw(unigram_from_sentencepiece(list, "test"));
    EXPECT_EQ(parts.unknown_score, lowest - kUnknownPenalty);
    parts.single_precision = round % 2 == 0;
    const Unigram model(std::move(parts));
    AllCuts cuts(pieces, lowest - kUnknownPenalty);
    for (int i = 0; i < 40; ++i) {
      const std::string text = random_text(random, 10, "abcx", 4);
      const std::optional<Ids> expected = cuts.best(text);
      if (expected) {
        ASSERT_EQ(encode(model, text), *expected) << text;
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 1500);
}

// The longest entry from the left, step by step, found by asking for every length.
TEST(WordPieceDefinition, TheLongestEntryAtEachPlace) {
  std::mt19937 random(18);
  for (int round = 0; round < 60; ++round) {
    std::map<std::string, int32_t> known;
    std::vector<std::string> names = {"[UNK]"};
    while (names.size() < 16) {
      const std::string name =
          (names.size() % 2 == 0 ? "" : "##") + random_text(random, 3, "ab", 2);
      if (known.emplace(name, static_cast<int32_t>(names.size())).second) {
        names.push_back(name);
      }
    }
    std::vector<ByteTrie::Entry> first, inside;
    for (const auto& [name, id] : known) {
      if (name.starts_with("##")) {
        inside.push_back({std::string_view(name).substr(2), id});
      } else {
        first.push_back({name, id});
      }
    }
    const WordPiece model({.vocabulary = value_or_throw(Vocabulary::from_list(names, "test")),
                           .first = value_or_throw(ByteTrie::build(first, "test")),
                           .inside = value_or_throw(ByteTrie::build(inside, "test")),
                           .unknown = 0,
                           .max_characters = 7});
    for (int i = 0; i < 100; ++i) {
      const std::string word = random_text(random, 9, "ab", 2);
      Ids expected;
      size_t begin = 0;
      while (word.size() <= 7 && begin < word.size()) {
        size_t size = word.size() - begin;
        const auto name = [&] { return (begin == 0 ? "" : "##") + word.substr(begin, size); };
        while (size > 0 && !known.contains(name())) {
          --size;
        }
        if (size == 0) {
          break;
        }
        expected.push_back(known.at(name()));
        begin += size;
      }
      ASSERT_EQ(encode(model, word), begin == word.size() ? expected : Ids{0}) << word;
    }
  }
}

}  // namespace
}  // namespace sextant::text
