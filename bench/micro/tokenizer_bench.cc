// Encoding speed on one thread, of any tokenizer and text.
//
//   build/bench/tokenizer_bench [MODEL] [TEXT]
//
// MODEL is what `sextant tokenize --model` takes as a path (default: the SmolLM2 file, byte-level
// BPE), TEXT a file (default: models/texts/persuasion.txt). The text is encoded whole, as
// `sextant tokenize` and `sextant eval` do.
#include <benchmark/benchmark.h>

#include <string>

#include "sextant/io/mapped_file.h"
#include "sextant/lm/model_files.h"

namespace sextant {
namespace {

void encode(benchmark::State& state, const text::Tokenizer& tokenizer, const std::string& text) {
  size_t tokens = 0;
  for (auto _ : state) {
    tokens += tokenizer.encode(text, {}).size();
  }
  const auto items = static_cast<int64_t>(tokens);
  state.SetItemsProcessed(items);
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}

std::string read_file(const char* path) {
  const auto file = value_or_throw(io::MappedFile::open(path));
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

}  // namespace
}  // namespace sextant

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const char* model = argc > 1 ? argv[1] : "models/smollm2-135m-instruct-q4_1.gguf";
  const char* path = argc > 2 ? argv[2] : "models/texts/persuasion.txt";
  const auto tokenizer = sextant::value_or_throw(sextant::lm::load_tokenizer(model));
  const std::string text = sextant::read_file(path);
  const std::string name = "encode/" + std::string(tokenizer.kind());
  benchmark::RegisterBenchmark(name.c_str(), [&](benchmark::State& state) {
    sextant::encode(state, tokenizer, text);
  })->Unit(benchmark::kMillisecond);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
