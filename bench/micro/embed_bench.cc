// Sentence vectors a second.
//
//   build/bench/embed_bench [MODEL] [LINES] [THREADS]
//
// MODEL is a folder (default: models/all-minilm-l6-v2), LINES a file of {"text": ...} lines
// (default: the hundred of the parity test), THREADS 2 by default.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <sstream>

#include "sextant/base/json.h"
#include "sextant/io/mapped_file.h"
#include "sextant/lm/sentence_encoder.h"

namespace sextant {
namespace {

std::vector<std::string> read_texts(const char* path) {
  const auto file = value_or_throw(io::MappedFile::open(path));
  std::istringstream lines(
      std::string(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()));
  std::vector<std::string> texts;
  for (std::string line; std::getline(lines, line);) {
    texts.push_back(value_or_throw(parse_json(line, path))["text"].get<std::string>());
  }
  return texts;
}

void encode(benchmark::State& state, const lm::SentenceEncoder& encoder,
            const std::vector<std::string>& texts, ThreadPool& pool) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(value_or_throw(encoder.encode(texts, {.pool = pool})));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(texts.size()));
}

}  // namespace
}  // namespace sextant

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const char* model = argc > 1 ? argv[1] : "models/all-minilm-l6-v2";
  const char* lines = argc > 2 ? argv[2] : "tests/parity/lm/minilm/sentences.jsonl";
  sextant::ThreadPool pool(argc > 3 ? std::atoi(argv[3]) : 2);
  const auto encoder =
      sextant::value_or_throw(sextant::lm::SentenceEncoder::load(model, {.pool = pool}));
  const auto texts = sextant::read_texts(lines);
  benchmark::RegisterBenchmark(
      "embed", [&](benchmark::State& state) { sextant::encode(state, encoder, texts, pool); })
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
