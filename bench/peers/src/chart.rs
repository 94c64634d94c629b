//! Charts, as SVG.

use plotters::{coord::Shift, prelude::*};

use crate::{
    database::Dialect,
    peers::names,
    report::{Results, chart},
    turns::Measured,
    work::Work,
};

const COLORS: [RGBColor; 7] = [
    RGBColor(200, 30, 30),
    RGBColor(90, 90, 90),
    RGBColor(40, 100, 180),
    RGBColor(40, 160, 160),
    RGBColor(220, 140, 20),
    RGBColor(120, 80, 170),
    RGBColor(70, 150, 60),
];

type Drawn = Result<(), Box<dyn std::error::Error>>;

/// Draws what was measured on a database.
pub fn draw(results: &Results) -> Drawn {
    let query = |work: Work| matches!(work, Work::Trivial(_));
    let trivial: Vec<&Measured> = results.measured.iter().filter(|measured| query(measured.work)).collect();
    if trivial.len() > 1 {
        rows(results.dialect, &trivial)?;
    }
    let small: Vec<&Measured> = results.measured.iter().filter(|measured| measured.work.is_small()).collect();
    if !small.is_empty() {
        bars(results.dialect, &small)?;
    }
    Ok(())
}

/// The time of a row against the number of rows.
fn rows(dialect: Dialect, trivial: &[&Measured]) -> Drawn {
    let path = chart(dialect, "rows");
    let area = SVGBackend::new(&path, (760, 420)).into_drawing_area();
    area.fill(&WHITE)?;
    let line = |at: usize| {
        trivial.iter().filter_map(move |measured| {
            let rows = f64::from(measured.work.size(0));
            measured.took[at].map(|took| (rows, took.time.as_secs_f64() * 1e6 / rows))
        })
    };
    let sides = 0..names(dialect).len();
    let all: Vec<f64> = sides.clone().flat_map(line).map(|(_, time)| time).collect();
    let least = all.iter().copied().fold(f64::INFINITY, f64::min);
    let most = all.iter().copied().fold(0.0, f64::max);
    let mut context = ChartBuilder::on(&area)
        .caption(format!("{}: trivial query, µs a row", dialect.name()), ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(64)
        .build_cartesian_2d((1.0..12_000.0).log_scale(), (least / 1.5..most * 1.5).log_scale())?;
    context.configure_mesh().x_desc("rows").light_line_style(WHITE).draw()?;
    for at in sides {
        let color = COLORS[at];
        let width = if at == 0 { 3 } else { 1 };
        context
            .draw_series(LineSeries::new(line(at), color.stroke_width(width)).point_size(3))?
            .label(names(dialect)[at])
            .legend(move |(x, y)| Rectangle::new([(x, y - 4), (x + 10, y + 4)], color.filled()));
    }
    // Where lines that fall leave room.
    let place = SeriesLabelPosition::UpperRight;
    context.configure_series_labels().position(place).background_style(WHITE).border_style(BLACK).draw()?;
    area.present()?;
    Ok(())
}

/// Small work, a bar for everyone.
fn bars(dialect: Dialect, small: &[&Measured]) -> Drawn {
    let path = chart(dialect, "small");
    let area = SVGBackend::new(&path, (760, 150 * (small.len() as u32).div_ceil(2) + 40)).into_drawing_area();
    area.fill(&WHITE)?;
    let title = format!("{}: small work, µs (shorter is faster)", dialect.name());
    let area = area.titled(&title, ("sans-serif", 18))?;
    for (part, measured) in area.split_evenly((small.len().div_ceil(2), 2)).iter().zip(small) {
        bars_of(part, dialect, measured)?;
    }
    area.present()?;
    Ok(())
}

fn bars_of(area: &DrawingArea<SVGBackend<'_>, Shift>, dialect: Dialect, measured: &Measured) -> Drawn {
    let (width, _) = area.dim_in_pixel();
    let style = ("sans-serif", 12).into_font();
    area.draw(&Text::new(measured.work.to_string(), (10, 2), ("sans-serif", 14).into_font()))?;
    let micros = |at: usize| measured.took[at].map(|took| took.time.as_secs_f64() * 1e6);
    let most = (0..measured.took.len()).filter_map(micros).fold(0.0, f64::max);
    for (at, name) in names(dialect).iter().enumerate() {
        let y = 20 + 16 * at as i32;
        area.draw(&Text::new(*name, (10, y), style.clone()))?;
        let Some(micros) = micros(at) else { continue };
        let length = ((f64::from(width) - 180.0) * micros / most) as i32;
        area.draw(&Rectangle::new([(105, y), (106 + length, y + 11)], COLORS[at].filled()))?;
        area.draw(&Text::new(format!("{micros:.1}"), (110 + length, y), style.clone()))?;
    }
    Ok(())
}
