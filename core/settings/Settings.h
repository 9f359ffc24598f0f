#pragma once
#include "diffusion/CustomCurve.h"

#include <cstdint>
#include <string>

namespace diffuscope {

// Enumerators are indices into the tables of their kinds: datasets(), schedules(), samplers(), sigmas() …

enum class DatasetKind {
    SwissRoll,
    TwoMoons,
    SCurve,
    Spiral,
    Rings,
    Checkerboard,
    Pinwheel,
    EightGaussians,
    GaussianGrid,
    GaussianMixture,
    Dinosaur,
    Heart,
    Letters,
    SinglePoint,
    StandardNormal,
    OldFaithful,
    Penguins,
    Imported
};
enum class ScheduleKind { Linear, Cosine, Quadratic, Sigmoid, Tanh, Constant, Su, LogSnr, Custom };
enum class SamplerKind { Ddpm, Ddim, Heun, DpmSolver, Straight, Langevin };
enum class SpacingKind { Uniform, Quadratic, LogSnr };
enum class SigmaKind { Upper, Lower, Interpolated, Learned, Zero };
enum class Conditioning { LogSnr, StepIndex };
enum class Parametrisation { Eps, X0, V };
enum class LossKind { Simple, Bound, X0Space, FourVariable, LearnedVariance };
enum class DenoiserKind { Network, Ideal, Mixture };
enum class BackendKind { Auto, Cpu, Gpu };
enum class LaneKind { Forward, Reverse, Both };
enum class FieldKind { Eps, Score, Drift };
enum class LoopKind { BackAndForth, Repeat, Once };
enum class ThemeKind { Dark, Light, Projector };
enum class NotationKind { Ho, Su };

struct DataSettings {
    DatasetKind dataset = DatasetKind::SwissRoll;
    int points = 32768;  ///< training draws of a generator; imported and real tables keep their own number
    std::string text = "ABC";  ///< of the letters, UTF-8: see requireLetters()
    bool operator==(const DataSettings&) const = default;
};

struct ScheduleSettings {
    ScheduleKind kind = ScheduleKind::Linear;
    double betaMin = 1e-4;
    double betaMax = 0.02;
    double logSnrMax = 9.0;   ///< lambda at t/T = 0; here and at the end about where linear goes
    double logSnrMin = -9.0;  ///< lambda at t/T = 1: 1 % of the signal is left
    CustomCurve curve{};
    int steps = 1000;       ///< T
    bool keepCurve = true;  ///< resample the T = 1000 curve instead of using beta as set
    bool operator==(const ScheduleSettings&) const = default;
};

struct SamplerSettings {
    SamplerKind kind = SamplerKind::Ddpm;
    SigmaKind sigma = SigmaKind::Upper;
    double sigmaMix = 0.5;    ///< v of the interpolated variance: 1 is beta_t, 0 is the posterior variance
    double sigmaScale = 1.0;  ///< multiplies sigma_t of DDPM
    double eta = 0.0;         ///< DDIM
    int steps = 50;           ///< length of the sub-sequence of all samplers but DDPM, at most T
    SpacingKind spacing = SpacingKind::LogSnr;
    int langevinSteps = 10;     ///< at each noise level
    double langevinSize = 0.5;  ///< h / (1 - alphaBar_t)
    bool clampX0 = true;        ///< clamp x0-hat to the data's bounding box widened by 10 %
    DenoiserKind denoiser = DenoiserKind::Network;
    int classNumber = 0;    ///< 0: points of any class; k: of the k-th class of the data
    double guidance = 1.0;  ///< w
    bool operator==(const SamplerSettings&) const = default;
};

struct NetworkSettings {
    int width = 128;
    int depth = 3;  ///< hidden layers
    Conditioning conditioning = Conditioning::LogSnr;
    Parametrisation parametrisation = Parametrisation::Eps;
    bool classes = false;  ///< tell it the class, where the data have classes
    bool operator==(const NetworkSettings&) const = default;
};

struct TrainingSettings {
    LossKind loss = LossKind::Simple;
    double weightCap = 5.0;  ///< of the loss of the clean points
    double learningRate = 1e-3;
    int batch = 512;
    bool stratified = true;   ///< stratify t over the batch
    double floorShare = 0.1;  ///< share of the batch drawn uniform in log-SNR over [-12, 10]
    bool operator==(const TrainingSettings&) const = default;
};

struct ViewSettings {
    LaneKind lanes = LaneKind::Both;
    int particles = 2000;
    int memory = 512;  ///< MiB that the kept positions of all clouds together may take
    bool showParticles = true;
    bool showTrails = true;
    bool showData = true;
    bool measure = true;  ///< every few seconds, beside the training
    bool showDensity = false;
    bool showError = false;
    bool showField = false;
    FieldKind field = FieldKind::Eps;  ///< what the arrows show
    bool showGuesses = false;
    bool showClasses = false;  ///< tell the data's classes apart
    LoopKind loop = LoopKind::BackAndForth;
    double speed = 1.0;
    ThemeKind theme = ThemeKind::Dark;
    NotationKind notation = NotationKind::Ho;  ///< of what is shown; what is computed and saved is Ho's
    bool operator==(const ViewSettings&) const = default;
};

/// Everything that a user can set: plain values, compared and copied whole. The field table (Fields.h) names,
/// bounds and explains each one.
struct Settings {
    std::uint64_t seed = 1;  ///< at most 2^53 - 1, so that every field fits a double
    BackendKind backend = BackendKind::Auto;
    DataSettings data;
    ScheduleSettings schedule;
    SamplerSettings sampler;
    NetworkSettings network;
    TrainingSettings training;
    ViewSettings view;
    bool operator==(const Settings&) const = default;
};

}  // namespace diffuscope
