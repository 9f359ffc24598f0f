#include "Error.h"
#include "io/Session.h"

#include <nlohmann/json.hpp>

#include <QTest>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

using namespace diffuscope;
using nlohmann::json;

namespace {

Session example() {
    Session session;
    Settings& settings = session.run.settings;
    settings.seed = 9007199254740991ull;
    settings.data.dataset = DatasetKind::Imported;
    settings.schedule.kind = ScheduleKind::Cosine;
    settings.schedule.betaMax = 0.1 + 0.2;
    settings.sampler.kind = SamplerKind::Ddim;
    settings.sampler.clampX0 = false;
    settings.network = {16, 2, Conditioning::StepIndex};
    settings.view.theme = ThemeKind::Light;

    DataSet data;
    data.points = {0.1f, -0.0f, 1e-41f, 3.0f, -2.5f, 1.0f / 3.0f};
    data.labels = {1, 0, 1};
    data.classes = {"Adélie", "Gentoo"};
    data.units = {{43.9219, 17.1}, {5.45, 1.0 / 3.0}};
    data.axes = {"bill, mm", "\"depth\""};
    session.run.data = std::make_shared<const DataSet>(data);

    TrainingState& state = session.run.state;
    state = initialState(layoutOf(settings, data), 3);
    state.parameters[0] = -0.0f;
    state.average.assign(state.parameters.size(), 0.25f);
    state.firstMoment.assign(state.parameters.size(), std::numeric_limits<float>::denorm_min());
    state.secondMoment.assign(state.parameters.size(), 1e-12f);
    state.step = 1234567890123;
    session.run.history = LossHistory::restored({{2, 1.9f}, {4, 0.1f}, {6, 1e-3f}}, 2);
    session.playhead = 417.25;
    session.training = true;
    return session;
}

struct File {
    json header;
    std::string body;
    std::string text = {};  ///< the header's text where JSON can't say it

    static File of(const std::string& bytes) {
        std::uint64_t length = 0;
        std::memcpy(&length, bytes.data(), 8);
        return {json::parse(bytes.substr(8, length)), bytes.substr(8 + length)};
    }
    [[nodiscard]] std::string bytes() const {
        const std::string head = text.empty() ? header.dump() : text;
        const std::uint64_t length = head.size();
        return std::string(reinterpret_cast<const char*>(&length), 8) + head + body;
    }
    json& meta() { return header["__metadata__"]; }
    json& tensor(const std::string& name) { return header[name]; }
    void poke(const std::string& name, std::size_t index, float value) {
        const auto begin = header[name]["data_offsets"][0].get<std::size_t>();
        std::memcpy(body.data() + begin + index * sizeof value, &value, sizeof value);
    }
    void setSetting(const std::string& id, const json& value) {
        json settings = json::parse(meta()["settings"].get<std::string>());
        settings[id] = value;
        meta()["settings"] = settings.dump();
    }
};

std::string inQuotes(const std::string& name) {
    return std::string(1, '"').append(name).append(1, '"');
}

QString refusal(const std::string& bytes) {
    try {
        (void)readSession(bytes);
    } catch (const InputError& error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

}  // namespace

namespace {

using Spoil = std::function<void(File&)>;
std::vector<Spoil> spoils;  // of the rows, by the index that their column holds

void row(const std::string& name, const std::string& says, const Spoil& spoil) {
    spoils.push_back(spoil);
    QTest::newRow(name.c_str()) << spoils.size() - 1 << QString::fromStdString(says);
}

void addSpoiltHeaders() {
    row("header is not JSON", "The header is not valid JSON", [](File& f) { f.text = "{\"a\": }"; });
    row("header is a list", "does not begin with a brace", [](File& f) { f.text = "[]"; });
    row("header begins with a blank", "does not begin with a brace", [](File& f) { f.text = " {}"; });
    row("header is empty", "bytes after the last tensor", [](File& f) { f.text = "{}"; });
    row("header has text behind it", "The header is not valid JSON",
        [](File& f) { f.text = f.header.dump() + "x"; });
    row("header is nested too deep", "nested deeper",
        [](File& f) { f.text = "{\"a\":" + std::string(100000, '[') + std::string(100000, ']') + "}"; });
    row("a tensor twice", "the key \"data.points\" twice", [](File& f) {
        f.text = f.header.dump();
        f.text.insert(1, "\"data.points\":{},");
    });
    row("a metadata key twice", "the key \"step\" twice", [](File& f) {
        f.text = f.header.dump();
        f.text.insert(f.text.find("\"format\""), "\"step\":\"1\",");
    });
    row("header is not UTF-8", "The header is not valid JSON", [](File& f) { f.text = "{\"\xFF\":{}}"; });
    row("no metadata", "\"format\"", [](File& f) { f.header.erase("__metadata__"); });
    row("metadata is a list", "__metadata__", [](File& f) { f.meta() = json::array(); });
    row("metadata value is a number", "\"step\" is not a string", [](File& f) { f.meta()["step"] = 1; });
    row("bytes after the last tensor", "4 bytes after the last tensor", [](File& f) { f.body += "1234"; });
    row("the last byte is missing", "\"data.labels\" ends beyond the file",
        [](File& f) { f.body.pop_back(); });
    row("tensor is no object", "\"data.points\" is not described",
        [](File& f) { f.header["data.points"] = 3; });
    row("a gap", "\"denoiser.0.bias\" has unused bytes before it", [](File& f) {
        f.body += "1234";
        for (auto& [name, entry] : f.header.items())
            if (name != "__metadata__" && name != "denoiser.0.weight")
                for (json& offset : entry["data_offsets"]) offset = offset.get<int>() + 4;
    });
}

void addSpoiltTensors() {
    const std::string name = "ema.denoiser.1.weight";
    const std::string quoted = inQuotes(name);
    for (const char* key : {"dtype", "shape", "data_offsets"})
        row(std::string("tensor without ") + key, quoted + " has no",
            [=](File& f) { f.tensor(name).erase(key); });
    const auto tensor = [&](const char* what, const char* key, const json& value, const std::string& says) {
        row(what, quoted + says, [=](File& f) { f.tensor(name)[key] = value; });
    };
    tensor("a foreign key", "order", "C", " has an unknown key \"order\"");
    tensor("unknown dtype", "dtype", "F33", " has the unknown dtype \"F33\"");
    tensor("dtype is a number", "dtype", 32, " has no dtype");
    tensor("shape is a number", "shape", 256, " has no shape");
    tensor("shape of text", "shape", {"16", "16x"}, " has an extent");
    tensor("negative extent", "shape", {-16, 16}, " has an extent");
    tensor("fractional extent", "shape", {16.5, 16}, " has an extent");
    tensor("shape too large", "shape", {1ull << 62, 1ull << 62}, " has too large a shape");
    tensor("too many dimensions", "shape", std::vector<int>(9, 1), " has too many");
    tensor("shape of another size", "shape", {16, 15}, " has 1024 bytes where its shape needs 960");
    tensor("one offset", "data_offsets", json::array({0}), " has no pair");
    tensor("three offsets", "data_offsets", {0, 1, 2}, " has no pair");
    tensor("negative offset", "data_offsets", {-4, 1020}, " has an offset");
    tensor("offsets turned round", "data_offsets", {1024, 0}, " ends before it begins");
    tensor("offset beyond the file", "data_offsets", {1u << 30, (1u << 30) + 1024}, " ends beyond the file");
    row("overlap", "overlaps the tensor before it", [=](File& f) {
        f.tensor(name)["data_offsets"] = {0, 1024};
    });

    for (const char* one : {"denoiser.0.weight", "denoiser.2.bias", "ema.denoiser.1.bias",
                            "adam.m.denoiser.0.bias", "adam.v.denoiser.1.weight", "data.points"}) {
        const std::string named = inQuotes(one);
        row(std::string("NaN in ") + one, named + " holds", [=](File& f) { f.poke(one, 1, NAN); });
        row(std::string("infinity in ") + one, named + " holds", [=](File& f) { f.poke(one, 0, -INFINITY); });
        row(std::string("without ") + one, named + " is missing", [=](File& f) {
            f.header[std::string("lost.") + one] = f.header[one];
            f.header.erase(one);
        });
    }
    row("a negative mean of squares", "\"adam.v.denoiser.0.bias\" holds a negative",
        [](File& f) { f.poke("adam.v.denoiser.0.bias", 3, -1e-9f); });
    row("another width", "\"denoiser.0.weight\" has another shape than (8, 32)",
        [](File& f) { f.setSetting("network.width", 8); });
    row("fewer layers", "\"denoiser.1.weight\" has another shape",
        [](File& f) { f.setSetting("network.depth", 1); });
    row("a layer too many", "\"denoiser.9.bias\" belongs to no layer", [](File& f) {
        f.header["denoiser.9.bias"] = {
            {"dtype", "F32"}, {"shape", json::array({0})}, {"data_offsets", {0, 0}}};
    });
    row("weights turned", "\"denoiser.0.weight\" has another shape", [](File& f) {
        f.tensor("denoiser.0.weight")["shape"] = {inputFeatures, 16};
    });
    row("integer weights", "\"denoiser.0.weight\" has the dtype \"I32\"",
        [](File& f) { f.tensor("denoiser.0.weight")["dtype"] = "I32"; });
    row("points of three coordinates", "\"data.points\" is not of shape", [](File& f) {
        f.tensor("data.points")["shape"] = {2, 3};
    });
    row("float labels", "\"data.labels\" has the dtype",
        [](File& f) { f.tensor("data.labels")["dtype"] = "F32"; });
    row("labels of another shape", "\"data.labels\" has not one entry", [](File& f) {
        f.tensor("data.labels")["shape"] = {3, 1};
    });
    row("a negative label", "\"data.labels\" holds -1", [](File& f) {
        const std::int32_t label = -1;
        std::memcpy(f.body.data() + f.body.size() - sizeof label, &label, sizeof label);
    });
}

void addSpoiltMetadata() {
    const auto meta = [](const char* name, const char* key, const char* value, const std::string& says) {
        row(name, inQuotes(key) + " " + says, [=](File& f) { f.meta()[key] = value; });
    };
    for (const char* key : {"version", "settings", "inputs", "step"})
        row(std::string("no ") + key, inQuotes(key) + " is missing", [=](File& f) { f.meta().erase(key); });
    meta("another format", "format", "pt", "is not \"diffuscope\"");
    meta("a newer major version", "version", "2.0", "is \"2.0\": a newer Diffuscope");
    meta("a version of letters", "version", "new", "is \"new\"");
    meta("version 0", "version", "0.9", "is \"0.9\"");
    meta("settings are not JSON", "settings", "{", "is not valid JSON");
    meta("settings are a list", "settings", "[]", "is not a JSON object");
    meta("a setting twice", "settings", R"({"seed":"1","seed":"2"})", "has the key \"seed\" twice");
    meta("other inputs", "inputs", R"({"features":["x"]})", "describes a network with other inputs");
    meta("a negative step", "step", "-1", "is \"-1\"");
    meta("a step beyond 2^53", "step", "9007199254740993", "is \"9007199254740993\"");
    meta("a step of letters", "step", "ten", "is \"ten\"");
    meta("playhead NaN", "playhead", "nan", "is \"nan\"");
    meta("playhead of letters", "playhead", "12s", "is \"12s\"");
    meta("a negative playhead", "playhead", "-3", "is negative");
    meta("a playhead beyond T", "playhead", "1000.5", "is beyond");
    meta("training is neither", "training", "maybe", "is neither");
    meta("history without losses", "history", R"({"stride":1,"step":[1]})", "has no stride, step and loss");
    meta("history of unequal lengths", "history", R"({"stride":1,"step":[1,2],"loss":[1.0]})",
         "has not one loss");
    meta("history with null", "history", R"({"stride":1,"step":[1],"loss":[null]})", "has a loss");
    meta("history too large for a float", "history", R"({"stride":1,"step":[1],"loss":[1e300]})",
         "has a loss");
    meta("history with a negative loss", "history", R"({"stride":1,"step":[1],"loss":[-0.5]})",
         "has a negative loss");
    meta("history beyond the step", "history", R"({"stride":1,"step":[1234567890124],"loss":[1]})",
         "goes beyond the network's step");
    meta("history out of order", "history", R"({"stride":1,"step":[2,1],"loss":[1,1]})", "has steps");
    meta("history of stride 0", "history", R"({"stride":0,"step":[1],"loss":[1]})", "has a stride");
    meta("history out of range", "history", R"({"stride":1,"step":[1],"loss":[1e999]})", "is not valid JSON");
    meta("units of one axis", "units", R"({"offset":[0],"scale":[1,1]})", "has no pair offset");
    meta("units of scale 0", "units", R"({"offset":[0,0],"scale":[1,0]})", "has a scale");
    meta("units of negative scale", "units", R"({"offset":[0,0],"scale":[-1,1]})", "has a scale");
    meta("units of a tiny scale", "units", R"({"offset":[0,0],"scale":[1,1e-310]})", "has a scale");
    meta("units of a huge scale", "units", R"({"offset":[0,0],"scale":[1e301,1]})", "has a scale");
    meta("one axis", "axes", R"(["x"])", "is not a pair");
    meta("axes of numbers", "axes", "[1,2]", "is not an array of strings");
    row("fewer classes than labels", "\"data.labels\" holds 1",
        [](File& f) { f.meta()["classes"] = R"(["a"])"; });
    const auto setting = [](const char* name, const char* id, const json& value) {
        row(name, std::string("\"settings\" has a wrong value: ") + id,
            [=](File& f) { f.setSetting(id, value); });
    };
    setting("a setting out of range", "schedule.beta-max", 1.5);
    setting("a setting of another type", "sampler.clamp", 2);
    setting("a fraction for a whole number", "schedule.steps", 10.5);
    setting("a seed above 2^53", "seed", "9007199254740993000");
    setting("null for a setting", "training.batch", nullptr);
    row("an unknown choice", "parabolic", [](File& f) { f.setSetting("schedule.kind", "parabolic"); });
    row("betas in the wrong order", "\"settings\" has a wrong value", [](File& f) {
        f.setSetting("schedule.kind", "linear");
        f.setSetting("schedule.beta-min", 0.5);
    });
}

}  // namespace

class SessionTest : public QObject {
    Q_OBJECT

  private slots:
    void mixtureIsThatOfTheDataSet();
    void survivesARoundTripBitForBit() {
        const Session session = example();
        const std::string bytes = writeSession(session);
        const ReadSession read = readSession(bytes);
        QVERIFY(read.warnings.empty());
        const SavedRun& run = read.session.run;
        QVERIFY(run.settings == session.run.settings);
        QVERIFY(run.state == session.run.state);
        QVERIFY(std::signbit(run.state.parameters[0]));
        QVERIFY(run.history == session.run.history);
        QCOMPARE(run.data->points, session.run.data->points);
        QVERIFY(std::signbit(run.data->points[1]));
        QCOMPARE(run.data->labels, session.run.data->labels);
        QCOMPARE(run.data->classes, session.run.data->classes);
        QVERIFY(run.data->units == session.run.data->units);
        QVERIFY(run.data->axes == session.run.data->axes);
        QCOMPARE(read.session.playhead, session.playhead);
        QCOMPARE(read.session.training, session.training);
        QVERIFY(writeSession(read.session) == bytes);
    }

    void isASafetensorsFileOfTheDescribedNames() {
        const std::string bytes = writeSession(example());
        std::uint64_t length = 0;
        std::memcpy(&length, bytes.data(), 8);
        QCOMPARE(length % 8, 0ul);
        File file = File::of(bytes);
        QVERIFY(file.tensor("denoiser.0.weight")["dtype"] == json("F32"));
        QVERIFY(file.tensor("denoiser.0.weight")["shape"] == (json{16, inputFeatures}));
        for (const char* prefix : {"", "ema.", "adam.m.", "adam.v."})
            for (const char* name : {"denoiser.0.weight", "denoiser.1.bias", "denoiser.2.weight"})
                QVERIFY(file.header.contains(prefix + std::string(name)));
        QVERIFY(file.tensor("denoiser.2.bias")["shape"] == json::array({2}));
        QVERIFY(file.tensor("data.points")["shape"] == (json{3, 2}));
        QVERIFY(file.tensor("data.labels")["dtype"] == json("I32"));
        for (const auto& [key, value] : file.meta().items()) QVERIFY2(value.is_string(), key.c_str());
        QVERIFY(file.meta()["format"] == json("diffuscope"));
        const json settings = json::parse(file.meta()["settings"].get<std::string>());
        QVERIFY(settings["seed"] == json("9007199254740991"));
        QVERIFY(settings["schedule.kind"] == json("cosine"));
        const json inputs = json::parse(file.meta()["inputs"].get<std::string>());
        QCOMPARE(inputs["features"].size(), static_cast<std::size_t>(inputFeatures));
        QVERIFY(inputs["output"] == json("eps"));
    }

    void everyNetworkComesBack_data() {
        QTest::addColumn<Parametrisation>("parametrisation");
        QTest::addColumn<LossKind>("loss");
        QTest::addColumn<bool>("classes");
        QTest::newRow("x0") << Parametrisation::X0 << LossKind::X0Space << false;
        QTest::newRow("v, classes") << Parametrisation::V << LossKind::Bound << true;
        QTest::newRow("two heads, classes") << Parametrisation::Eps << LossKind::LearnedVariance << true;
        QTest::newRow("v, two heads") << Parametrisation::V << LossKind::LearnedVariance << false;
    }
    void everyNetworkComesBack() {
        QFETCH(Parametrisation, parametrisation);
        QFETCH(LossKind, loss);
        QFETCH(bool, classes);
        Session session = example();
        Settings& settings = session.run.settings;
        settings.network.parametrisation = parametrisation;
        settings.network.classes = classes;
        settings.training.loss = loss;
        session.run.state = initialState(layoutOf(settings, *session.run.data), 3);
        session.run.state.step = 7;
        const ReadSession read = readSession(writeSession(session));
        QVERIFY(read.session.run.state == session.run.state);
        QVERIFY(read.session.run.settings == settings);
        QVERIFY(read.warnings.empty());
        File file = File::of(writeSession(session));
        const bool twoHeads = loss == LossKind::LearnedVariance;
        QVERIFY(file.tensor("denoiser.2.bias")["shape"] == json::array({twoHeads ? 4 : 2}));
        const json inputs = json::parse(file.meta()["inputs"].get<std::string>());
        QCOMPARE(inputs["output"].is_array(), twoHeads);
        QCOMPARE(inputs["features"].back() == json("k == 1 ? 1 : 0"), classes);
        // A file that says something else about its network than its settings do is refused.
        file.setSetting("network.parametrisation", parametrisation == Parametrisation::V ? "eps" : "v");
        QVERIFY(refusal(file.bytes()).contains("inputs"));
    }

    /// Before there were losses, parametrisations and classes.
    void aFileOfTheFirstVersionOpens() {
        Session session = example();
        session.run.state = initialState(layoutOf(session.run.settings, *session.run.data), 3);
        session.run.state.step = 7;
        File file = File::of(writeSession(session));
        json settings = json::parse(file.meta()["settings"].get<std::string>());
        for (const char* id : {"network.parametrisation", "network.classes", "training.loss"})
            settings.erase(id);
        file.meta()["settings"] = settings.dump();
        const ReadSession read = readSession(file.bytes());
        QCOMPARE(read.warnings.size(), std::size_t{1});
        for (const char* id : {"network.parametrisation", "network.classes", "training.loss"})
            QVERIFY(read.warnings[0].find(id) != std::string::npos);
        QVERIFY(read.session.run.state == session.run.state);
        QVERIFY(read.session.run.settings == session.run.settings);
    }

    void unknownThingsWarnAndAreKept() {
        File file = File::of(writeSession(example()));
        file.meta()["camera"] = "overhead";
        file.setSetting("view.glow", {{"radius", 2.5}});
        const std::size_t end = file.body.size();
        file.header["class.embedding"] = {
            {"dtype", "F16"}, {"shape", json::array({3})}, {"data_offsets", {end, end + 6}}};
        file.body += "abcdef";
        const ReadSession read = readSession(file.bytes());
        QCOMPARE(read.warnings.size(), 3ul);
        const QString all = QString::fromStdString(read.warnings[0] + read.warnings[1] + read.warnings[2]);
        for (const char* name : {"camera", "view.glow", "class.embedding"})
            QVERIFY2(all.contains(name), name);

        File again = File::of(writeSession(read.session));
        QVERIFY(again.meta()["camera"] == json("overhead"));
        QVERIFY(json::parse(again.meta()["settings"].get<std::string>())["view.glow"]["radius"] == json(2.5));
        QVERIFY(again.header["class.embedding"]["shape"] == json::array({3}));
        QVERIFY(again.body.ends_with("abcdef"));
    }

    void aNewerMinorVersionIsRead() {
        File file = File::of(writeSession(example()));
        file.meta()["version"] = "1.7";
        QVERIFY(readSession(file.bytes()).session.run.state == example().run.state);
    }

    void refuses_data() {
        QTest::addColumn<std::size_t>("spoil");
        QTest::addColumn<QString>("says");
        addSpoiltHeaders();
        addSpoiltTensors();
        addSpoiltMetadata();
    }
    void refuses() {
        QFETCH(std::size_t, spoil);
        QFETCH(QString, says);
        File file = File::of(writeSession(example()));
        QVERIFY(refusal(file.bytes()).isEmpty());
        spoils[spoil](file);
        const QString message = refusal(file.bytes());
        QVERIFY2(message.contains(says), qPrintable("said: " + message));
    }

    void refusesEveryBeginningOfAFile() {
        const std::string bytes = writeSession(example());
        for (std::size_t size = 0; size < bytes.size(); size += 97)
            QVERIFY2(!refusal(bytes.substr(0, size)).isEmpty(), qPrintable(QString::number(size)));
    }

    void refusesALengthBeyondTheFile() {
        std::string bytes = writeSession(example());
        bytes[7] = '\x7F';
        QVERIFY(refusal(bytes).contains("header's length"));
        bytes[7] = '\0';
        bytes[2] = '\x20';
        QVERIFY(refusal(bytes).contains("ends within its header"));
    }

    void whatIsNotFiniteIsNotWritten() {
        Session session = example();
        session.run.state.average[5] = NAN;
        try {
            (void)writeSession(session);
            QFAIL("was written");
        } catch (const InputError& error) {
            QVERIFY2(QString(error.what()).contains("ema.denoiser.0.weight"), error.what());
        }
    }
};

// The file holds points; what they were drawn from follows from the data set's name.
void SessionTest::mixtureIsThatOfTheDataSet() {
    Session session = example();
    QVERIFY(readSession(writeSession(session)).session.run.data->mixture.empty());
    session.run.settings.data.dataset = DatasetKind::SinglePoint;
    const auto read = readSession(writeSession(session)).session.run.data;
    QCOMPARE(read->mixture.size(), std::size_t{1});
    QCOMPARE(read->mixture[0].mean, (std::array{0.75, -0.5}));
}

QTEST_GUILESS_MAIN(SessionTest)
#include "SessionTest.moc"
